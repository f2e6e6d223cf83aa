#!/bin/sh
# Makes the Debian package of a built program: its manual pages, its completions, and all that Cargo.toml's
# [package.metadata.deb] names. Prints where it is. The program is not built here.
# usage: build.sh CARGO_DEB PROGRAM [OPTION OF CARGO-DEB]...
set -eu
cargo_deb=$(realpath "$1")
program=$(realpath "$2")
shift 2
project=$(cd "$(dirname "$0")/../.." && pwd)
target=$project/target/package
stage=$target/release
rm -rf "$stage" "$target"/*.deb && mkdir -p "$stage/man" "$stage/completions"
cp "$program" "$stage/psop-adapter"
"$program" man "$stage/man"
gzip -9n "$stage"/man/*
for shell in bash zsh fish; do "$program" completions "$shell" > "$stage/completions/$shell"; done
cd "$project"
# The target folder is one of its own, so that a program of any profile can be packed as it is.
CARGO_TARGET_DIR=$target "$cargo_deb" --no-build --quiet --locked --output "$target/" "$@"

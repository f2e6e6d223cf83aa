#!/bin/sh
# Go; the client needs nothing but its standard library.
set -eu
command -v go >/dev/null || "$ROOT/tests/packages.sh" golang-go
cd "$ROOT/tests/interop/go"
GOCACHE=$TARGET/cache go build -o "$TARGET/client" .

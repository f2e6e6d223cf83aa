# Sourced by the proofs of packages. Functions:
#   base FOLDER PACKAGE...   a minimal Debian with these packages, made once and kept under target/debian/FOLDER
#   higher DEB NEW VERSION   the same package with a higher version and a changed configuration file
#   need TEXT FILE           FILE holds TEXT, or the proof fails and shows it
# shellcheck shell=sh

project=$(cd "$(dirname "$0")/../.." && pwd)

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

base() {
    base_folder=$project/target/debian/$1
    shift
    [ ! -e "$base_folder" ] || return 0
    mkdir -p "$project/target/debian"
    making=$(mktemp -d "$project/target/debian/making.XXXXXX")
    packages=$(echo "$*" | tr ' ' ,)
    if ! debootstrap --variant=minbase "--include=$packages" bookworm "$making" > "$making.log" 2>&1; then
        tail -5 "$making.log" >&2
        rm -rf --one-file-system "$making"
        fail "debootstrap made no Debian: $making.log"
    fi
    rm -f "$making.log" "$making"/var/cache/apt/archives/*.deb
    chmod 755 "$making"
    mv "$making" "$base_folder"
}

higher() {
    unpacked=$(mktemp -d)
    dpkg-deb -R "$1" "$unpacked"
    sed -i "s/^Version: .*/Version: $3/" "$unpacked/DEBIAN/control"
    echo "# A line that the next version brings." >> "$unpacked/etc/psop-adapter/psop-adapter.toml"
    dpkg-deb --root-owner-group -Zgzip -z1 -b "$unpacked" "$2" > /dev/null
    rm -rf "$unpacked"
}

need() {
    grep -qF -- "$1" "$2" || {
        cat "$2" >&2
        fail "no \"$1\" in $2"
    }
}

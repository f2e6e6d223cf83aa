#!/bin/sh
# Makes an archive of all that the container holds: the program, the libraries that it links, the authorities that the
# system trusts, and a user. No shell and no package manager is in it. The libraries are those of the machine it runs on:
# build on the newest Debian that has their security updates. Needs no root: owners are written into the archive.
# usage: rootfs.sh PROGRAM ARCHIVE
set -eu
program=$1
archive=$2
mkdir -p "$(dirname "$archive")"
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
trap 'exit 1' INT TERM HUP
mkdir -p "$root/usr/bin" "$root/usr/lib" "$root/usr/lib64" "$root/etc/ssl/certs" "$root/etc/psop-adapter" \
    "$root/var/lib/psop-adapter"
# As Debian has them, so that the layers of a base fit.
ln -s usr/lib "$root/lib"
ln -s usr/lib64 "$root/lib64"
install -m 0755 "$program" "$root/usr/bin/psop-adapter"
strip "$root/usr/bin/psop-adapter"
ldd "$program" | grep -o '/[^ ]*' | while read -r library; do
    case $library in /usr/*) place=$library ;; *) place=/usr$library ;; esac
    mkdir -p "$root$(dirname "$place")"
    cp -L "$library" "$root$place"
done
cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
echo 'root:x:0:0:root:/:/nonexistent
psop-adapter:x:65532:65532:psop-adapter:/var/lib/psop-adapter:/nonexistent' > "$root/etc/passwd"
echo 'root:x:0:
psop-adapter:x:65532:' > "$root/etc/group"
echo 'hosts: files dns' > "$root/etc/nsswitch.conf"
chmod -R u=rwX,go=rX "$root"
chmod 0700 "$root/var/lib/psop-adapter"
# The same bytes from the same files. The data's folder is the user's own, so that a new volume made of it is, too.
data=./var/lib/psop-adapter
pack() { tar --numeric-owner --sort=name --mtime=@0 --format=gnu --directory="$root" --file="$archive" "$@"; }
pack --create --owner=0 --group=0 --exclude=$data .
pack --append --owner=65532 --group=65532 $data

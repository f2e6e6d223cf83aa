#!/bin/sh
# Proves that the two commands of the README set everything up: in a new minimal Debian with Rust,
# and nothing else, `make test` passes and `make run` answers the first call.
# Root only. Takes FOLDER (default: a new one under /tmp, removed afterwards).
set -eu
[ "$(id -u)" = 0 ] || { echo "run this as root: it makes a chroot" >&2; exit 1; }
command -v debootstrap >/dev/null || { echo "install debootstrap first" >&2; exit 1; }
project=$(cd "$(dirname "$0")/.." && pwd)
root=${1:-$(mktemp -d /tmp/psop-clean-debian.XXXXXX)}
rust=$(rustc --print sysroot)

cleanup() {
    # Lazily, since something inside may still be ending; and one by one, so that none is left.
    for mounted in proc dev; do umount -l "$root/$mounted" 2>/dev/null || true; done
    [ $# -gt 0 ] || rm -rf --one-file-system "$root"
}
trap 'cleanup "$@"' EXIT

debootstrap --variant=minbase --include=make,git,ca-certificates,curl bookworm "$root" >/dev/null
# Others than root walk through it: PostgreSQL does not run as root.
chmod 755 "$root"
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
cp /etc/resolv.conf "$root/etc/resolv.conf"
# The package sources and the registries' settings of this machine, so that the same mirrors serve.
for path in /etc/apt/sources.list /etc/apt/sources.list.d /etc/apt/apt.conf.d /etc/apt/trusted.gpg.d \
    /usr/share/keyrings /etc/pip.conf /etc/ssl/certs /usr/local/share/ca-certificates; do
    if [ -e "$path" ]; then mkdir -p "$root$(dirname "$path")"; cp -a "$path" "$root$(dirname "$path")/"; fi
done
for path in .cargo/config.toml .config/pip .pip; do
    if [ -e "$HOME/$path" ]; then mkdir -p "$root/root/$(dirname "$path")"; cp -aL "$HOME/$path" "$root/root/$(dirname "$path")/"; fi
done
mkdir -p "$root/opt" && cp -a "$rust" "$root/opt/rust"
git clone -q "$project" "$root/root/psop-adapter"

inside() {
    # The environment of this machine without its home and paths, so that proxies still hold.
    env -u CARGO_HOME -u RUSTUP_HOME -u RUSTUP_TOOLCHAIN HOME=/root \
        PATH=/opt/rust/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        chroot "$root" sh -euc "cd /root/psop-adapter; $1"
}

inside 'make test'
inside 'setsid make run > run.log 2>&1 & group=$!
for second in $(seq 1800); do grep -q "^ready" run.log && break; sleep 1; done
curl -sS -H "Content-Type: text/xml; charset=utf-8" --data-binary @fixtures/requests/01-create-ordinary.xml http://127.0.0.1:8080/xroad > answer.xml
tests/browser/first-call.sh http://127.0.0.1:8080/en
kill -TERM -$group
grep -q "<psop:totalAuthorised>1920.00<" answer.xml && echo "make run answered the first call"'

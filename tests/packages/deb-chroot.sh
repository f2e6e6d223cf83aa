#!/bin/sh
# Proves the Debian package in a minimal Debian: it installs, refuses to be taken for configured, serves as its own
# user, keeps data and an edited configuration over an upgrade, and deletes no data when it is removed or purged.
# There is no systemd here: `make deb-test` has that. Root only; without root it says so and proves nothing.
# usage: deb-chroot.sh DEB
set -eu
if [ "$(id -u)" != 0 ]; then
    echo "SKIPPED: the Debian package is proved in a chroot, which only root can make (sudo make test)"
    exit 0
fi
. "$(dirname "$0")/base.sh"
deb=$(realpath "$1")
base chroot adduser curl libssl3 openssl
root=$(mktemp -d "$project/target/debian/deb-chroot.XXXXXX")
server=""
cleanup() {
    [ -z "$server" ] || kill -9 "$server" 2>/dev/null || true
    rm -rf --one-file-system "$root"
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP
cp -a --reflink=auto "$base_folder/." "$root"
cp "$deb" "$root/tmp/first.deb"
higher "$deb" "$root/tmp/second.deb" 9999.0-1
cp "$project/fixtures/requests/01-create-ordinary.xml" "$root/tmp/create.xml"

clean="env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive chroot"
its_user="--userspec=psop-adapter:psop-adapter --groups="
# shellcheck disable=SC2086 # several words each
inside() { $clean "$root" "$@"; }
# shellcheck disable=SC2086
as_service() { $clean $its_user "$root" "$@"; }
mode() { inside stat -c '%U:%G %a' "$1"; }
same() { [ "$1" = "$2" ] || fail "$3: \"$1\" is not \"$2\""; }
# What an operator edits: free ports, and the demo's day.
edit() {
    sed -i -e '/^#listen = /{s/.*/listen = "127.0.0.1:0"/}' -e 's/^#clock = /clock = /' \
        "$root/etc/psop-adapter/psop-adapter.toml"
}
serve() {
    # Else the line of the server before may be read, until this one's process has begun.
    : > "$root/tmp/out"
    # No function: its process is the server, by whose number it is ended.
    # shellcheck disable=SC2086
    $clean $its_user "$root" psop-adapter serve --config $config > "$root/tmp/out" 2> "$root/tmp/log" &
    server=$!
    for _ in $(seq 600); do
        if grep -q '^ready ' "$root/tmp/out"; then break; fi
        kill -0 "$server" 2>/dev/null || { cat "$root/tmp/log" >&2; fail "the server did not start"; }
        sleep 0.1
    done
    http=$(sed -n 's/^ready http=\([^ ]*\) .*/\1/p' "$root/tmp/out")
    admin=$(sed -n 's/^ready .*admin=//p' "$root/tmp/out")
    same "$(stat -c %u "/proc/$server")" "$(inside id -u psop-adapter)" "the server's user"
    inside curl -sS --fail-with-body --max-time 20 "http://$admin/health/ready" > /dev/null
    inside curl -sS --max-time 60 -H 'Content-Type: text/xml; charset=utf-8' \
        --data-binary @/tmp/create.xml "http://$http/xroad" > "$root/tmp/answer"
    need '<psop:totalAuthorised>1920.00<' "$root/tmp/answer"
    kill -TERM "$server"
    wait "$server" || fail "the server did not stop in order"
    server=""
}
number() { grep -o 'OV-[A-Z0-9-]*' "$root/tmp/answer" | head -1; }
config=/etc/psop-adapter/psop-adapter.toml

echo "installing"
inside dpkg -i /tmp/first.deb > "$root/tmp/told" 2>&1 || { cat "$root/tmp/told" >&2; fail "it does not install"; }
need 'installed and not started' "$root/tmp/told"
same "$(mode $config)" "root:psop-adapter 640" "the configuration's mode"
same "$(mode /etc/psop-adapter)" "root:psop-adapter 750" "the configuration folder's mode"
same "$(mode /var/lib/psop-adapter)" "psop-adapter:psop-adapter 700" "the data folder's mode"
inside bash -n /usr/share/bash-completion/completions/psop-adapter
inside sh -ec 'for page in /usr/share/man/man1/psop-adapter*; do gzip -t "$page"; done'
documents=/usr/share/doc/psop-adapter
for file in docs/install.md examples/registry.toml examples/registration.example.toml examples/monitoring/alerts.yaml \
    examples/monitoring/dashboard.json; do
    [ -f "$root$documents/$file" ] || fail "the package has no $documents/$file"
done
inside psop-adapter config init | cmp - "$root$config" || fail "the package's configuration is not what init prints"

echo "configuring"
if as_service psop-adapter config check --config $config 2> "$root/tmp/told"; then fail "no key, and it is accepted"; fi
line=$(grep -n '^key_file' "$root$config" | cut -d : -f 1)
need "$config:$line: secrets.key_file: " "$root/tmp/told"
need "$config:$line: secrets.key_file: " "$project/docs/install.md"
# The very commands that the package tells; whoever types them again keeps the key.
first_steps() { inside sh -ec "$(sed -n '/^ *test -e /,/openssl rand/p' "$root/var/lib/dpkg/info/psop-adapter.postinst")"; }
first_steps
same "$(mode /etc/psop-adapter/master.key)" "psop-adapter:psop-adapter 600" "the master key's mode"
key=$(cat "$root/etc/psop-adapter/master.key")
same "${#key}" 64 "the length of the master key"
first_steps
[ "$(cat "$root/etc/psop-adapter/master.key")" = "$key" ] || fail "the steps replace a master key that is there"
same "$(mode /etc/psop-adapter/master.key)" "psop-adapter:psop-adapter 600" "the master key's mode after the second time"
as_service psop-adapter config check --config $config > "$root/tmp/told"
need 'nothing is wrong' "$root/tmp/told"
# The very commands of docs/tls.md; and a key that root made for itself, which they are for.
inside sh -ec "$(sed -n '/^install -d -o/,/^runuser/p' "$project/docs/tls.md")" > /dev/null
same "$(mode /etc/psop-adapter/tls/key.pem)" "psop-adapter:psop-adapter 600" "the TLS key's mode"
with_tls() { # FOLDER: the check of a configuration with its key
    as_service env "PSOP_TLS__CERTIFICATE=$1/certificate.pem" "PSOP_TLS__KEY=$1/key.pem" \
        psop-adapter config check --config $config > "$root/tmp/told" 2>&1
}
with_tls /etc/psop-adapter/tls || { cat "$root/tmp/told" >&2; fail "the service cannot read its TLS key"; }
inside psop-adapter tls init --out /etc/psop-adapter/roots --host psop.example.fi > /dev/null
if with_tls /etc/psop-adapter/roots; then fail "a key that the service cannot read is accepted"; fi
need 'roots/key.pem' "$root/tmp/told"
edit
as_service psop-adapter registry apply /usr/share/doc/psop-adapter/examples/registry.toml --config $config > /dev/null

echo "serving"
serve
given=$(number)

echo "upgrading"
inside dpkg -i --force-confold /tmp/second.deb > "$root/tmp/told" 2>&1 || { cat "$root/tmp/told" >&2; fail "no upgrade"; }
same "$(inside dpkg-query -W -f '${Version}' psop-adapter)" 9999.0-1 "the version"
need 'listen = "127.0.0.1:0"' "$root$config"
need 'the next version brings' "$root$config.dpkg-dist"
same "$(mode $config)" "root:psop-adapter 640" "the configuration's mode after the upgrade"
serve
need '<psop:replayed>true<' "$root/tmp/answer"
same "$(number)" "$given" "the number after the upgrade"

echo "removing and purging"
inside dpkg -r psop-adapter > /dev/null 2>&1
[ ! -e "$root/usr/bin/psop-adapter" ] && [ -e "$root$config" ] || fail "remove takes the program and nothing else"
inside dpkg -P psop-adapter > "$root/tmp/told" 2>&1
[ ! -e "$root$config" ] || fail "purge left the configuration"
need 'kept /var/lib/psop-adapter' "$root/tmp/told"
need 'kept /etc/psop-adapter' "$root/tmp/told"

echo "coming back"
inside dpkg -i /tmp/first.deb > "$root/tmp/told" 2>&1
edit
serve
same "$(number)" "$given" "the number after the purge"
inside dpkg -P psop-adapter > /dev/null 2>&1

echo "keeping an operator's own mode, deletion and link"
quietly() { inside dpkg "$@" > "$root/tmp/told" 2>&1 || { cat "$root/tmp/told" >&2; fail "dpkg $*"; }; }
quietly -i /tmp/first.deb
inside chown root:root $config
inside chmod 0604 $config
inside chmod 0755 /etc/psop-adapter
quietly -i --force-confold /tmp/second.deb
same "$(mode $config)" "root:root 604" "the operator's mode after an upgrade"
same "$(mode /etc/psop-adapter)" "root:psop-adapter 755" "the operator's folder mode after an upgrade"
rm "$root$config"
quietly -i --force-confold /tmp/first.deb
[ ! -e "$root$config" ] || fail "the deleted configuration came back"
quietly -P psop-adapter
install -m 0644 "$project/security-server-config/psop-adapter.toml" "$root/etc/own.toml"
ln -s /etc/own.toml "$root$config"
quietly -i --force-confold /tmp/first.deb
[ -L "$root$config" ] || fail "the operator's link is gone"
same "$(mode /etc/own.toml)" "root:root 644" "the mode of what the operator's link leads to"
quietly -P psop-adapter
rm -r "$root/var/lib/psop-adapter" "$root/etc/psop-adapter"
inside dpkg -i /tmp/first.deb > /dev/null 2>&1
inside dpkg -P psop-adapter > "$root/tmp/told" 2>&1
[ ! -e "$root/var/lib/psop-adapter" ] && [ ! -e "$root/etc/psop-adapter" ] || fail "purge left empty folders"
echo "the Debian package installs, serves, upgrades, goes and comes back, and its data stays"

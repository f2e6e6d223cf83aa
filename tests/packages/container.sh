#!/bin/sh
# Proves the container: it is built by buildah and run by runc with a read-only root, a user that is not root, no
# capability, and one writable mount; the server answers, and a write elsewhere fails. Then the adapters of the compose
# example, with PostgreSQL beside it, and of the Kubernetes manifests run by their own configurations, with their
# secrets and their probes. All in a network of its own, where every port is free. Root only.
# usage: container.sh PROGRAM
set -eu
[ "$(id -u)" = 0 ] || { echo "run this as root: it makes namespaces" >&2; exit 1; }
. "$(dirname "$0")/base.sh"
base chroot adduser curl libssl3 openssl
# ALONE: in that network already.
[ -n "${ALONE:-}" ] || exec env ALONE=yes unshare --net "$0" "$@"
ip link set lo up
work=$project/target/container
mkdir -p "$work"
run=$(mktemp -d "$work/run.XXXXXX")
# PostgreSQL does not run as root, and its user has to reach it.
database=$(mktemp -d /tmp/psop-database.XXXXXX)
running=""
buildah="buildah --root $run/storage --runroot $run/runroot --storage-driver vfs"
cleanup() {
    for id in $running; do runc --root "$run/runc" delete --force "$id" > /dev/null 2>&1 || true; done
    [ ! -e "$database/data/postmaster.pid" ] || kill -QUIT "$(head -1 "$database/data/postmaster.pid")" || true
    [ ! -d "$run/storage" ] || $buildah umount --all > /dev/null 2>&1 || true
    rm -rf --one-file-system "$run" "$database"
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP

echo "building"
"$project/security-server-config/container/rootfs.sh" "$1" "$run/context/rootfs.tar"
image() { # NAME OPTION...
    name=$1
    shift
    $buildah bud --isolation chroot --quiet "$@" -t "$name" \
        -f "$project/security-server-config/container/Containerfile" "$run/context" > "$run/built" 2>&1 ||
        { cat "$run/built" >&2; fail "the image $name is not built"; }
}
image psop-adapter
$buildah inspect --type image psop-adapter > "$run/image.json"
container=$($buildah from psop-adapter)
root=$($buildah mount "$container")
owned() { [ "$(stat -c '%u:%g %a' "$2")" = "$1" ] || fail "$2 is $(stat -c '%u:%g %a' "$2") and not $1"; }
owned "65532:65532 700" "$root/var/lib/psop-adapter"
owned "0:0 755" "$root/usr/bin/psop-adapter"
owned "0:0 755" "$root/etc"
echo "the root holds $(du -sm "$root" | cut -f 1) MB"

# A bundle of the image as a runtime makes it: user, command and folder of the image, its root read-only.
bundle() { # NAME CONFIGURATION-FOLDER DATA-FOLDER ARGUMENT...
    mkdir -p "$run/$1"
    python3 "$project/tests/packages/bundle.py" "$run/image.json" "$root" "$@" > "$run/$1/config.json"
}
# Runs to its end. Every name is a container of its own.
once() {
    bundle "$@"
    runc --root "$run/runc" run --bundle "$run/$1" "$1" > "$run/$1/out" 2> "$run/$1/err"
}
# A server in a container of that name, ready.
start() {
    bundle "$@"
    running=$1
    runc --root "$run/runc" run --pid-file "$run/$1/pid" --bundle "$run/$1" "$1" \
        > "$run/$1/out" 2> "$run/$1/err" &
    server=$!
    for _ in $(seq 600); do
        if grep -q '^ready ' "$run/$1/out"; then return; fi
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    cat "$run/$1/err" >&2
    fail "$1 is not ready"
}
stop() {
    runc --root "$run/runc" kill "$running" TERM
    wait "$server" || fail "$running did not stop in order"
    running=""
}
within() { # ARGUMENT...: a command in the running container
    runc --root "$run/runc" exec --cwd /var/lib/psop-adapter "$running" "$@"
}
grant() { # OPTION OF CURL..., the address last
    curl -sS --max-time 60 -H 'Content-Type: text/xml; charset=utf-8' \
        --data-binary "@$project/fixtures/requests/01-create-ordinary.xml" "$@" > "$run/answer"
    need '<psop:totalAuthorised>1920.00<' "$run/answer"
}
examples() { "$project/target/manifests/bin/python" "$project/tests/packages/examples.py" "$1" "$project"; }

echo "running"
configuration=$run/etc
data=$run/data
mkdir -p "$configuration" "$data"
chown 65532:65532 "$data"
cp -r "$project/fixtures/demo" "$configuration/registry"
"$1" config init | sed 's/^#clock = /clock = /' > "$configuration/psop-adapter.toml"
openssl rand -hex 32 > "$configuration/master.key"
chown 65532:65532 "$configuration/master.key"
chmod 0400 "$configuration/master.key"
file=/etc/psop-adapter/psop-adapter.toml
once check "$configuration" "$data" config check --config $file || { cat "$run/check/err"; fail "not accepted"; }
once apply "$configuration" "$data" registry apply /etc/psop-adapter/registry/registry.toml --config $file ||
    { cat "$run/apply/err" >&2; fail "no registry"; }

start server "$configuration" "$data"
pid=$(cat "$run/server/pid")
[ "$(stat -c %u "/proc/$pid")" = 65532 ] || fail "its user is $(stat -c %u "/proc/$pid")"
need 'CapEff:	0000000000000000' "/proc/$pid/status"
need 'NoNewPrivs:	1' "/proc/$pid/status"
curl -sS --fail-with-body --max-time 20 http://127.0.0.1:8081/health/ready > /dev/null
grant http://127.0.0.1:8080/xroad
[ -e "$data/store/db" ] || fail "the data is not in the mount"
stop

echo "writing"
# The program's own writer of manual pages is the probe: nothing else is in the image.
once writes "$configuration" "$data" man /var/lib/psop-adapter/man || fail "the mount is not writable"
# A volume that nobody has given to anybody: an engine fills a new one from the image, owners and all.
cp -a "$root/var/lib/psop-adapter" "$run/volume"
once fresh "$configuration" "$run/volume" man /var/lib/psop-adapter/man || fail "a new volume is not writable"
for place in /man /etc/psop-adapter/man /usr/bin /tmp; do
    if once "elsewhere$(echo $place | tr / -)" "$configuration" "$data" man $place; then fail "$place is writable"; fi
    need 'Read-only file system' "$run/elsewhere$(echo $place | tr / -)/err"
done

echo "on another base"
plain=$($buildah from scratch)
$buildah add --quiet "$plain" "$base_folder" / > /dev/null
$buildah commit --quiet "$plain" localhost/plain:made > /dev/null
image on-debian --build-arg BASE=localhost/plain:made
from_scratch=$root
root=$($buildah mount "$($buildah from on-debian)")
[ -x "$root/bin/sh" ] || fail "the base is not there"
once based "$configuration" "$data" config check --config $file || { cat "$run/based/err" >&2; fail "on another base"; }
root=$from_scratch

echo "the compose example"
"$project/security-server-config/container/secrets.sh" "$run/made" > /dev/null
secrets() { # FOLDER: with the adapter's secrets in it, its user's own
    mkdir -p "$1"
    cp -r "$run/made/adapter" "$1/secrets"
    chown -R 65532:65532 "$1/secrets"
}
etc=$run/compose-etc
secrets "$etc"
{ echo 'clock = "2026-03-16T10:00:00+02:00"'; cat "$project/security-server-config/container/compose.toml"; } \
    > "$etc/psop-adapter.toml"
cp -r "$project/fixtures/demo" "$etc/registry"
# The database as its image makes it, with the example's own settings and certificate, by the name it has there.
postgres=$(ls -d /usr/lib/postgresql/*/bin | tail -1)
cp -r "$run/made/database" "$database/secrets"
chown -R postgres: "$database" && chmod 0711 "$database"
as_postgres() {
    tool=$1
    shift
    runuser -u postgres -- "$postgres/$tool" "$@"
}
as_postgres initdb -D "$database/data" -U psop --pwfile="$database/secrets/database.password" \
    --auth-local=trust --auth-host=scram-sha-256 > "$run/initdb" || { cat "$run/initdb" >&2; fail "initdb"; }
examples database | sed "s#/secrets/#$database/secrets/#" > "$run/settings"
# shellcheck disable=SC2046 # one word each
as_postgres postgres -D "$database/data" -k "$database" $(cat "$run/settings") > "$run/database.log" 2>&1 &
for _ in $(seq 300); do
    as_postgres pg_isready -q -h "$database" -U psop -d postgres && break
    sleep 0.1
done
as_postgres createdb -h "$database" -U psop psop || { cat "$run/database.log" >&2; fail "no database"; }
printf '127.0.0.1 localhost database\n' > "$run/hosts"
export HOSTS=$run/hosts
once compose "$etc" "$data" config check --config $file || { cat "$run/compose/err" >&2; fail "compose.toml"; }
start adapter "$etc" "$data"
within psop-adapter registry apply /etc/psop-adapter/registry/registry.toml --config $file > /dev/null
grant --cacert "$run/made/authority/ca.pem" --resolve psop.example.fi:8080:127.0.0.1 https://psop.example.fi:8080/xroad
# A healthcheck without a shell.
# shellcheck disable=SC2046 # one word each
within $(examples health) > "$run/told"
need 'store ready' "$run/told"
encrypted=$(as_postgres psql -h "$database" -U psop -d psop -Atc \
    "select bool_and(ssl) from pg_stat_ssl join pg_stat_activity using (pid) where client_addr is not null")
[ "$encrypted" = t ] || fail "connections to the database are not TLS"
stop

echo "the Kubernetes manifests"
etc=$run/kubernetes-etc
secrets "$etc"
# Files of a Secret are root's and a group may read them. Then what the pod's first container does, as its user.
chown -R root:65532 "$etc/secrets" && chmod 0550 "$etc/secrets" && chmod 0440 "$etc/secrets"/*
examples configuration > "$etc/psop-adapter.toml"
once given "$etc" "$data" config check --config $file 2> /dev/null || { cat "$run/given/err" >&2; fail "the ConfigMap"; }
need 'can be read by others' "$run/given/err"
mkdir "$run/own" && chown 65532:65532 "$run/own"
examples copying | sed "s#/given/#$etc/secrets/#; s#/own/#$run/own/#g" > "$run/copying"
chmod 755 "$run" && setpriv --reuid=65532 --regid=65532 --clear-groups sh -e "$run/copying"
rm -r "$etc/secrets" && mv "$run/own" "$etc/secrets"
once own "$etc" "$data" config check --config $file || { cat "$run/own/err" >&2; fail "the ConfigMap"; }
if grep -q 'can be read by others' "$run/own/err"; then fail "the keys are not the program's own"; fi
# Its database has another name: for that and its certificate compose's stands.
export PSOP_STORE__URL="postgres://psop@database/psop?sslmode=require"
start pod "$etc" "$data"
probe() { curl -sk --max-time 20 -o "$run/told" -w '%{http_code}' "$@"; }
examples probes > "$run/probes"
[ "$(wc -l < "$run/probes")" = 3 ] || fail "there are not three probes"
while read -r scheme port path header; do
    code=$(probe -H "$header" "$scheme://127.0.0.1:$port$path")
    [ "$code" = 200 ] || { cat "$run/told" >&2; fail "the probe $path got $code"; }
    # And why the header: by the pod's own address nothing is answered.
    code=$(probe -H "Host: 10.0.0.7:$port" "$scheme://127.0.0.1:$port$path")
    [ "$code" = 421 ] || fail "without the header the probe $path got $code"
done < "$run/probes"
stop
echo "the container runs read-only, as nobody, and writes to its mount only; the examples run"

#!/bin/sh
# Proves the container: it is built by buildah and run by runc with a read-only root, a user that is not root, no
# capability, and one writable mount; the server answers, a write elsewhere fails, and the configurations of the
# compose example and of the Kubernetes manifests are accepted with their secrets mounted as there. Root only.
# usage: container.sh PROGRAM
set -eu
[ "$(id -u)" = 0 ] || { echo "run this as root: it makes namespaces" >&2; exit 1; }
. "$(dirname "$0")/base.sh"
work=$project/target/container
mkdir -p "$work"
run=$(mktemp -d "$work/run.XXXXXX")
running=""
buildah="buildah --root $run/storage --runroot $run/runroot --storage-driver vfs"
cleanup() {
    for id in $running; do runc --root "$run/runc" delete --force "$id" > /dev/null 2>&1 || true; done
    [ ! -d "$run/storage" ] || $buildah umount --all > /dev/null 2>&1 || true
    rm -rf --one-file-system "$run"
}
trap cleanup EXIT

echo "building"
"$project/security-server-config/container/rootfs.sh" "$1" "$run/context/rootfs"
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
answers() { # ID: its server's addresses in http and admin
    for _ in $(seq 600); do
        if grep -q '^ready ' "$run/$1/out"; then break; fi
        sleep 0.1
        kill -0 "$2" 2>/dev/null || { cat "$run/$1/err" >&2; fail "$1 ended"; }
    done
    http=$(sed -n 's/^ready http=\([^ ]*\) .*/\1/p' "$run/$1/out")
    admin=$(sed -n 's/^ready .*admin=//p' "$run/$1/out")
}

echo "running"
configuration=$run/etc
data=$run/data
mkdir -p "$configuration" "$data"
chown 65532:65532 "$data"
cp -r "$project/fixtures/demo" "$configuration/registry"
"$1" config init | sed -e '/^#listen = /{s/.*/listen = "127.0.0.1:0"/}' -e 's/^#clock = /clock = /' \
    > "$configuration/psop-adapter.toml"
openssl rand -hex 32 > "$configuration/master.key"
chown 65532:65532 "$configuration/master.key"
chmod 0400 "$configuration/master.key"
file=/etc/psop-adapter/psop-adapter.toml
once check "$configuration" "$data" config check --config $file || { cat "$run/check/err"; fail "not accepted"; }
once apply "$configuration" "$data" registry apply /etc/psop-adapter/registry/registry.toml --config $file ||
    { cat "$run/apply/err" >&2; fail "no registry"; }

bundle server "$configuration" "$data"
running=server
runc --root "$run/runc" run --pid-file "$run/server/pid" --bundle "$run/server" server \
    > "$run/server/out" 2> "$run/server/err" &
answers server $!
pid=$(cat "$run/server/pid")
[ "$(stat -c %u "/proc/$pid")" = 65532 ] || fail "its user is $(stat -c %u "/proc/$pid")"
need 'CapEff:	0000000000000000' "/proc/$pid/status"
need 'NoNewPrivs:	1' "/proc/$pid/status"
curl -sS --fail-with-body --max-time 20 "http://$admin/health/ready" > /dev/null
curl -sS --max-time 60 -H 'Content-Type: text/xml; charset=utf-8' \
    --data-binary "@$project/fixtures/requests/01-create-ordinary.xml" "http://$http/xroad" > "$run/answer"
need '<psop:totalAuthorised>1920.00<' "$run/answer"
# A healthcheck without a shell, in the running container, as compose.yaml has it.
runc --root "$run/runc" exec --cwd /var/lib/psop-adapter server /usr/bin/psop-adapter status --config $file \
    > "$run/told"
need 'store ready' "$run/told"
[ -e "$data/store/db" ] || fail "the data is not in the mount"
runc --root "$run/runc" kill server TERM
wait $! || fail "it did not stop in order"
running=""

echo "writing"
# The program's own writer of manual pages is the probe: nothing else is in the image.
once writes "$configuration" "$data" man /var/lib/psop-adapter/man || fail "the mount is not writable"
for place in /man /etc/psop-adapter/man /usr/bin /tmp; do
    if once "elsewhere$(echo $place | tr / -)" "$configuration" "$data" man $place; then fail "$place is writable"; fi
    need 'Read-only file system' "$run/elsewhere$(echo $place | tr / -)/err"
done

echo "on another base"
base chroot adduser curl libssl3 openssl
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
examples() { # FOLDER: the secrets in it as their user's own
    mkdir -p "$1"
    cp -r "$run/made/adapter" "$1/secrets"
    chown -R 65532:65532 "$1/secrets"
}
examples "$run/compose-etc"
cp "$project/security-server-config/container/compose.toml" "$run/compose-etc/psop-adapter.toml"
once compose "$run/compose-etc" "$data" config check --config $file || { cat "$run/compose/err" >&2; fail "compose.toml"; }
openssl verify -CAfile "$run/made/authority/ca.pem" -verify_hostname database "$run/made/database/database.pem" \
    > /dev/null || fail "the database's certificate is not for its name"

echo "the Kubernetes manifests"
etc=$run/kubernetes-etc
examples "$etc"
# Files of a Secret are root's and a group may read them. Then what the pod's first container does, as its user.
chown -R root:65532 "$etc/secrets" && chmod 0550 "$etc/secrets" && chmod 0440 "$etc/secrets"/*
"$project/target/manifests/bin/python" "$project/tests/packages/pod.py" configuration "$project" > "$etc/psop-adapter.toml"
once given "$etc" "$data" config check --config $file 2> /dev/null || { cat "$run/given/err" >&2; fail "the ConfigMap"; }
need 'can be read by others' "$run/given/err"
mkdir "$run/own" && chown 65532:65532 "$run/own"
"$project/target/manifests/bin/python" "$project/tests/packages/pod.py" copying "$project" | sed "s#/given/#$etc/secrets/#; s#/own/#$run/own/#g" > "$run/copying"
chmod 755 "$run" && setpriv --reuid=65532 --regid=65532 --clear-groups sh -e "$run/copying"
rm -r "$etc/secrets" && mv "$run/own" "$etc/secrets"
once own "$etc" "$data" config check --config $file || { cat "$run/own/err" >&2; fail "the ConfigMap"; }
if grep -q 'can be read by others' "$run/own/err"; then fail "the keys are not the program's own"; fi
# As in the pod, but for the ports of this machine, and the store, which has no database here.
export PSOP_SERVER__LISTEN=127.0.0.1:0 PSOP_ADMIN__LISTEN=127.0.0.1:0 PSOP_STORE__KIND=sled
mkdir "$run/pod-data" && chown 65532:65532 "$run/pod-data"
bundle pod "$etc" "$run/pod-data"
running=pod
runc --root "$run/runc" run --bundle "$run/pod" pod > "$run/pod/out" 2> "$run/pod/err" &
answers pod $!
probe() { curl -sk --max-time 20 -o "$run/told" -w '%{http_code}' "$@"; }
"$project/target/manifests/bin/python" "$project/tests/packages/pod.py" probes "$project" > "$run/probes"
[ "$(wc -l < "$run/probes")" = 3 ] || fail "there are not three probes"
while read -r scheme path header; do
    code=$(probe -H "$header" "$scheme://$admin$path")
    [ "$code" = 200 ] || { cat "$run/told" >&2; fail "the probe $path got $code"; }
    # And why the header: by the pod's own address nothing is answered.
    code=$(probe -H 'Host: 10.0.0.7:8081' "$scheme://$admin$path")
    [ "$code" = 421 ] || fail "without the header the probe $path got $code"
done < "$run/probes"
runc --root "$run/runc" kill pod TERM
wait $! || fail "it did not stop in order"
running=""
echo "the container runs read-only, as nobody, and writes to its mount only"

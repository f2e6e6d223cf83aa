#!/bin/sh
# What guest.sh runs inside its machine, as root under systemd: the package's life from the installation to the purge.
# The last line it prints is the verdict.
set -eu
config=/etc/psop-adapter/psop-adapter.toml
public=http://127.0.0.1:8080/xroad
cd /root

fail() {
    echo "VERDICT: FAILED: $*"
    systemctl status --no-pager psop-adapter.service psop-adapter.socket || true
    journalctl --no-pager -n 15 -u psop-adapter.service || true
    echo "VERDICT: FAILED: $*"
    exit 1
}
step() { echo "STEP: $* ($(cut -d ' ' -f 1 /proc/uptime) s)"; }
call() {
    curl -sS --max-time 120 -H 'Content-Type: text/xml; charset=utf-8' --data-binary @create.xml -o "$1" "$public"
}
granted() { grep -q '<psop:totalAuthorised>1920.00<' "$1"; }
ready() {
    for _ in $(seq 120); do
        curl -sSf --max-time 20 http://127.0.0.1:8081/health/ready > /dev/null 2>&1 && return 0
        sleep 1
    done
    fail "/health/ready does not answer 200"
}
is() { [ "$(systemctl is-"$1" "$2" 2> /dev/null || true)" = "$3" ] || fail "$2 is not $3"; }
# Callers that each take a new connection for every request, until told to stop.
load() {
    rm -f stop load.*
    for caller in 1 2 3; do
        while [ ! -e stop ]; do
            if call "load.$caller.answer" 2>> "load.$caller.told" && granted "load.$caller.answer"; then
                echo ok >> load.results
            else
                { echo "FAILED"; cat "load.$caller.answer"; } >> load.failed
            fi
        done &
    done
}
unload() { # WHAT
    touch stop
    wait
    [ ! -e load.failed ] || { cat load.failed load.*.told; fail "a request failed during $1"; }
    echo "$(wc -l < load.results) requests and none failed during $1"
}
answered() { if [ -e load.results ]; then wc -l < load.results; else echo 0; fi; }
# Until callers have had answers since.
more() { past=$(answered); while [ "$(answered)" -le "$((past + 3))" ]; do sleep 0.2; done; }

step install
dpkg -i first.deb || fail "it does not install"
is enabled psop-adapter.service disabled
is active psop-adapter.service inactive
sed -i 's/^#clock = /clock = /' $config
install -o psop-adapter -g psop-adapter -m 0600 /dev/null /etc/psop-adapter/master.key
openssl rand -hex 32 > /etc/psop-adapter/master.key
runuser -u psop-adapter -- psop-adapter config check --config $config || fail "config check"
systemd-analyze security --no-pager --threshold=20 psop-adapter.service > security || { cat security; fail "it may do too much"; }
tail -1 security
systemd-analyze verify psop-adapter.service psop-adapter.socket --man=no || fail "a unit is refused"

step "start without the socket"
systemctl start psop-adapter.service || fail "it does not start"
ready
runuser -u psop-adapter -- psop-adapter registry apply /usr/share/doc/psop-adapter/examples/registry.toml --config $config ||
    fail "registry apply"
call first && granted first || { cat first; fail "the call"; }
number=$(grep -o 'OV-[A-Z0-9-]*' first | head -1)
# The control: these callers notice a stop that no socket covers.
load
more
systemctl stop psop-adapter.service
is active psop-adapter.service inactive
for _ in $(seq 300); do
    [ ! -e load.failed ] || break
    sleep 0.2
done
[ -e load.failed ] || fail "the callers noticed nothing of a stop without the socket"
touch stop
wait

step "start by the socket"
systemctl enable --now psop-adapter.socket
systemctl enable psop-adapter.service
is active psop-adapter.service inactive
# The first caller starts the service, and waits for it.
call second && granted second || { cat second; fail "the call through the socket"; }
is active psop-adapter.service active
grep -q "$number" second || fail "another number after the restart"

step "restarts under load"
load
for round in 1 2 3 4 5 6 7 8 9 10; do
    more
    systemctl restart psop-adapter.service || fail "restart $round"
done
more
unload "10 restarts"

step reload
pid=$(systemctl show -P MainPID psop-adapter.service)
systemctl reload psop-adapter.service || fail "reload"
ready
[ "$(systemctl show -P MainPID psop-adapter.service)" = "$pid" ] || fail "a reload is no restart"

step "a kill"
kill -9 "$pid"
call third && granted third || { cat third; fail "the call after a kill"; }

step "a broken configuration, and a caller who waits"
systemctl stop psop-adapter.service
cp $config whole.toml
echo 'broken' >> $config
call fourth &
caller=$!
tries() { journalctl --no-pager -u psop-adapter.service | grep -c 'this is not valid TOML' || true; }
for _ in $(seq 60); do
    [ "$(tries)" -lt 4 ] || break
    sleep 1
done
[ "$(tries)" -ge 4 ] || fail "it was not tried again and again"
is active psop-adapter.socket active
cat whole.toml > $config
wait "$caller" && granted fourth || { cat fourth; fail "the caller who waited"; }

step "upgrade under load"
echo '# An operator was here.' >> $config
load
more
pid=$(systemctl show -P MainPID psop-adapter.service)
dpkg -i --force-confold second.deb || fail "the upgrade"
more
unload "the upgrade"
[ "$(systemctl show -P MainPID psop-adapter.service)" != "$pid" ] || fail "the upgrade restarted nothing"
grep -q 'An operator was here' $config || fail "the upgrade took the edited configuration"
call fifth && grep -q "$number" fifth || fail "another number after the upgrade"

step "stop and boot"
systemctl stop psop-adapter.socket psop-adapter.service
is enabled psop-adapter.service enabled
is enabled psop-adapter.socket enabled
[ "$(systemctl show -P Result psop-adapter.service)" = success ] || fail "the stop was not in order"
systemctl start psop-adapter.socket psop-adapter.service
ready

step "remove and purge"
dpkg -r psop-adapter
is active psop-adapter.service inactive
is active psop-adapter.socket inactive
[ -e $config ] || fail "remove took the configuration"
dpkg -P psop-adapter | tee purged
[ ! -e $config ] || fail "purge left the configuration"
[ -d /var/lib/psop-adapter/store ] && [ -e /etc/psop-adapter/master.key ] || fail "purge took data"
grep -q 'kept /var/lib/psop-adapter' purged || fail "purge does not say what it kept"
step end
echo "VERDICT: PASSED"

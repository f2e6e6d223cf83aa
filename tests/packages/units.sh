#!/bin/sh
# Judges the systemd units: they are well-formed, and what the service may do is little (systemd's exposure below 2.0).
# usage: units.sh PROGRAM
set -eu
if ! command -v systemd-analyze > /dev/null; then
    echo "SKIPPED: the systemd units are judged by systemd-analyze, which is not installed (package systemd)"
    exit 0
fi
. "$(dirname "$0")/base.sh"
units=$(mktemp -d)
trap 'rm -rf "$units"' EXIT
program=$(realpath "$1")
for unit in service socket; do
    # The program is not installed here: any place that has it does.
    sed "s#^ExecStart=/usr/bin/psop-adapter#ExecStart=$program#" \
        "$project/security-server-config/systemd/psop-adapter.$unit" > "$units/psop-adapter.$unit"
done
exposed() { ! systemd-analyze security --offline=true --threshold=20 "$1" > "$units/told" 2>&1; }
told() { systemd-analyze verify --man=no "$@" > "$units/told" 2>&1 && [ ! -s "$units/told" ]; }

# First what must be found, so that silence means something.
grep -v '^Protect\|^CapabilityBoundingSet\|^SystemCallFilter' "$units/psop-adapter.service" > "$units/control.service"
exposed "$units/control.service" || fail "a unit without its protection is not found"
sed 's/^Restart=.*/Restrat=always/' "$units/psop-adapter.service" > "$units/control.service"
if told "$units/control.service"; then fail "a misspelt key is not found"; fi

need LimitCORE=0 "$units/psop-adapter.service"
if exposed "$units/psop-adapter.service"; then tail -1 "$units/told" >&2; fail "the service may do too much"; fi
tail -1 "$units/told" | sed "s/^[^O]*//"
told "$units/psop-adapter.service" "$units/psop-adapter.socket" || { cat "$units/told" >&2; fail "a unit is refused"; }

#!/usr/bin/env bash
# Runs the browser's test of the catalogue page beside a server of its own on the demo registry.
# Usage: run.sh PROGRAM SCREENSHOTS_FOLDER
set -euo pipefail
program=$1
mkdir -p "$2"
shots=$(cd "$2" && pwd)
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
place=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$place"' EXIT

cp package.json catalogue.mjs "$shots"
(cd "$shots" && npm install --silent --no-audit --no-fund)

cat > "$place/psop-adapter.toml" <<END
environment = "TEST"
clock = "2026-03-16T10:00:00+02:00"
[server]
listen = "127.0.0.1:18080"
public_url = "http://127.0.0.1:18080/xroad"
[admin]
listen = "127.0.0.1:0"
[store]
path = "$place/store"
[secrets]
key_file = "$place/master.key"
END
od -An -tx1 -N32 /dev/urandom | tr -d ' \n' > "$place/master.key"
chmod 600 "$place/master.key"
"$program" registry apply "$root/fixtures/demo/registry.toml" --config "$place/psop-adapter.toml" > "$place/log"
"$program" serve --config "$place/psop-adapter.toml" > "$place/out" 2>> "$place/log" &
server=$!
for _ in $(seq 100); do
	grep -q '^ready' "$place/out" && break
	sleep 0.1
done
(cd "$shots" && node catalogue.mjs http://127.0.0.1:18080 "$shots")

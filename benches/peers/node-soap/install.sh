#!/bin/sh
set -eu
command -v npm >/dev/null || "$ROOT/tests/packages.sh" nodejs npm
cp "$ROOT"/benches/peers/node-soap/package*.json "$TARGET/"
cd "$TARGET" && npm ci --silent --no-audit --no-fund

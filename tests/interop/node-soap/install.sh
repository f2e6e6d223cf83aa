#!/bin/sh
# node-soap.
set -eu
command -v npm >/dev/null || "$ROOT/tests/packages.sh" nodejs npm
cp "$ROOT/tests/interop/node-soap/package.json" "$ROOT/tests/interop/node-soap/package-lock.json" "$TARGET/"
cd "$TARGET" && npm ci --silent --no-audit --no-fund

#!/bin/sh
# strong-soap.
set -eu
command -v npm >/dev/null || "$ROOT/tests/packages.sh" nodejs npm
cp "$ROOT/tests/interop/strong-soap/package.json" "$ROOT/tests/interop/strong-soap/package-lock.json" "$TARGET/"
cd "$TARGET" && npm ci --silent --no-audit --no-fund

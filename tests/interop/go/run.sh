#!/bin/sh
set -eu
cd "$ROOT/tests/interop/go"
GOCACHE=$TARGET/cache go build -o "$TARGET/client" .
exec "$TARGET/client" "$1"

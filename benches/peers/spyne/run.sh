#!/bin/sh
set -eu
exec "$TARGET/venv/bin/python" "$ROOT/benches/peers/spyne/server.py"

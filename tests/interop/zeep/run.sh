#!/bin/sh
exec "$TARGET/venv/bin/python" "$ROOT/tests/interop/zeep/client.py" "$1"

#!/bin/sh
exec "$TARGET/venv/bin/python" "$ROOT/tests/interop/suds/client.py" "$1"

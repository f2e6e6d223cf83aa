#!/bin/sh
set -eu
"$ROOT/tests/packages.sh" python3-venv
python3 -m venv "$TARGET/venv"
"$TARGET/venv/bin/pip" install --quiet --disable-pip-version-check -r "$ROOT/benches/peers/spyne/requirements.txt"

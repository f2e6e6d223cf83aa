#!/bin/sh
# zeep in a virtual environment.
set -eu
"$ROOT/tests/packages.sh" python3 python3-venv
python3 -m venv "$TARGET/venv"
"$TARGET/venv/bin/pip" install --quiet --disable-pip-version-check -r "$ROOT/tests/interop/zeep/requirements.txt"

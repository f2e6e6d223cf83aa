#!/bin/sh
# Judges the Kubernetes manifests and the compose example by their schemas, which packages of PyPI ship: they are
# installed once, under target/.
set -eu
project=$(cd "$(dirname "$0")/../.." && pwd)
venv=$project/target/manifests
here=$project/tests/packages
if ! cmp -s "$here/requirements.txt" "$venv/requirements.txt"; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
    # Only for the schema in it: what it depends on is not wanted.
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps docker-compose==1.29.2
    cp "$here/requirements.txt" "$venv/requirements.txt"
fi
exec "$venv/bin/python" "$here/manifests.py" "$project"

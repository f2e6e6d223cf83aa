#!/bin/sh
# Makes a folder with schemathesis in a virtual environment, pinned, and prints its path.
# usage: schemathesis.sh FOLDER
set -eu
folder=$1
pinned=$(cd "$(dirname "$0")" && pwd)/admin-api/requirements.txt
if ! cmp -s "$pinned" "$folder/requirements.txt"; then
    rm -rf "$folder"
    python3 -m venv "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check --requirement "$pinned"
    cp "$pinned" "$folder/requirements.txt"
fi
echo "$folder/bin/schemathesis"

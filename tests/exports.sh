#!/bin/sh
# Gets what others say of exported files: ISO 20022's schema of payments, from the pinned package that ships it, into
# the folder given. Prints the schema's path.
set -eu
folder=$1
mkdir -p "$folder"
if [ ! -f "$folder/sepaxml/schemas/pain.001.001.09.xsd" ]; then
    python3 -m venv "$folder/pip"
    echo "sepaxml==2.7.0 --hash=sha256:6644f695c66c2bf8f49065d4d7b0814da42140d03292131ec08e09798ad07b5d" > "$folder/requirements.txt"
    "$folder/pip/bin/pip" install --quiet --no-deps --require-hashes --target "$folder" -r "$folder/requirements.txt"
fi
echo "$folder/sepaxml/schemas/pain.001.001.09.xsd"

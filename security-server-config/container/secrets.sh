#!/bin/sh
# Makes what compose.yaml mounts as secrets: an authority of its own, certificates of the database and the adapter, a
# password and the master key. Root only, since the files are given to the users inside the containers: 999 is the
# PostgreSQL image's, 65532 the adapter's. Refuses to replace what is there: a new master key opens no old data.
# usage: secrets.sh FOLDER [NAME OF THE ADAPTER]
set -eu
[ "$(id -u)" = 0 ] || { echo "run this as root: it gives files to the containers' users" >&2; exit 1; }
folder=$1
name=${2:-psop.example.fi}
[ ! -e "$folder" ] || { echo "$folder is there already: nothing was changed" >&2; exit 1; }
umask 077
mkdir -p "$folder/database" "$folder/adapter" "$folder/authority"
cd "$folder"
days=825
openssl req -x509 -newkey rsa:3072 -noenc -days 3650 -subj "/CN=psop-adapter example authority" \
    -keyout authority/ca-key.pem -out authority/ca.pem 2>/dev/null
certificate() { # FILE NAME
    openssl req -new -newkey rsa:3072 -noenc -subj "/CN=$2" -keyout "$1-key.pem" -out "$1.csr" 2>/dev/null
    printf 'subjectAltName=DNS:%s\nbasicConstraints=CA:FALSE\n' "$2" > "$1.ext"
    openssl x509 -req -in "$1.csr" -CA authority/ca.pem -CAkey authority/ca-key.pem -CAcreateserial -days $days \
        -extfile "$1.ext" -out "$1.pem" 2>/dev/null
    rm "$1.csr" "$1.ext"
}
certificate database/database database
certificate adapter/adapter "$name"
openssl rand -hex 24 > adapter/database.password
cp adapter/database.password database/database.password
openssl rand -hex 32 > adapter/master.key
cp authority/ca.pem adapter/ca.pem
chown -R 999:999 database
chown -R 65532:65532 adapter
echo "made: $folder. Keep authority/ and a copy of adapter/master.key away from this machine."

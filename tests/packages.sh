#!/bin/sh
# Installs those of the named Debian packages that are missing: as root, or with sudo where it asks
# for no password. Otherwise says exactly what to install, and stops.
set -eu
missing=""
for package in "$@"; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ]; then
    as_root=""
elif sudo -n true 2>/dev/null; then
    as_root="sudo"
else
    echo "These Debian packages are missing. Install them and try again:" >&2
    echo "    apt-get install$missing" >&2
    exit 1
fi
echo "installing:$missing"
# shellcheck disable=SC2086 # one word each
if ! $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null 2>&1; then
    $as_root apt-get update -qq
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

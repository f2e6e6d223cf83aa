#!/bin/sh
# Makes the first call with nothing but curl, by the commands that the catalogue page shows to be copied: three of them.
# Usage: first-call.sh PAGE_URL
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
curl -sS "$1" > page.html
# What a person copies: the text of the block under "first call".
sed -n '/id="first-call"/,/<\/pre>/p' page.html | sed -n '/<pre/,/<\/pre>/p' | sed -e 's/<[^>]*>//g' \
    -e "s/&#39;/'/g" -e 's/&quot;/"/g' -e 's/&lt;/</g' -e 's/&gt;/>/g' -e 's/&amp;/\&/g' > commands
[ "$(grep -c . commands)" = 3 ] || { echo "the page does not show three commands:" >&2; cat commands >&2; exit 1; }
sh -eu commands > told
grep -q '<psop:status>OK</psop:status>' told || { echo "the call did not succeed:" >&2; cat told >&2; exit 1; }
echo "the first call succeeded by three commands copied from $1"

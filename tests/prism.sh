#!/bin/sh
# Prepares a folder with Prism and X-Road's own OpenAPI document of the management API, its references made local and
# its base path stripped, as Prism needs them. Addresses are checked as URIs: Prism takes format "url" for one of the
# public Internet, and those here are on loopback. The document is no part of this project: XROAD_ADMIN_API names the
# folder that has it. Fails where anything is missing, so that nothing passes unproved.
# usage: prism.sh FOLDER
set -eu
folder=$1
nearby=$(cd "$(dirname "$0")/.." && pwd)/../shared/xroad/fixtures/admin-api
source=${XROAD_ADMIN_API:-$nearby}
version=5.14.2
for file in openapi-definition.yaml common-openapi-definition.yaml; do
    [ -f "$source/$file" ] || {
        echo "there is no $source/$file: give the folder that has X-Road's OpenAPI document, XROAD_ADMIN_API=FOLDER" >&2
        exit 1
    }
done
command -v npm > /dev/null || { echo "npm is not there, which installs Prism: install nodejs and npm" >&2; exit 1; }
mkdir -p "$folder"
if [ ! -d "$folder/node_modules/@stoplight/prism-cli" ]; then
    npm install --silent --no-audit --no-fund --prefix "$folder" "@stoplight/prism-cli@$version"
fi
cat "$source/common-openapi-definition.yaml" > "$folder/common-openapi-definition.yaml"
sed -e "s#'[./]*/common/[^']*/common-openapi-definition.yaml#'./common-openapi-definition.yaml#" \
    -e 's#format: url *$#format: uri#' -e 's#^\( *- url: *\)/api/v1 *$#\1/#' "$source/openapi-definition.yaml" > "$folder/openapi.yaml"
if grep -n '\.\./' "$folder/openapi.yaml"; then
    echo "references that are not local are left in $folder/openapi.yaml" >&2
    exit 1
fi

#!/bin/sh
# Prepares a folder with Prism and X-Road's own OpenAPI document of the management API, its references made local and
# its base path stripped, as Prism needs them. Addresses are checked as URIs: Prism takes format "url" for one of the
# public Internet, and those here are on loopback. Exit code 3 when the document is not at hand: it is no part of this
# project.
set -eu
folder=$1
source=${XROAD_ADMIN_API:-$(dirname "$0")/../../shared/xroad/fixtures/admin-api}
version=5.14.2
if [ ! -f "$source/openapi-definition.yaml" ] || ! command -v npm >/dev/null; then
    echo "not run: needs npm, and openapi-definition.yaml with common-openapi-definition.yaml in $source (or \$XROAD_ADMIN_API)" >&2
    exit 3
fi
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

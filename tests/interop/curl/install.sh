#!/bin/sh
# curl and xmllint.
exec "$ROOT/tests/packages.sh" curl libxml2-utils

#!/bin/sh
exec php "$ROOT/tests/interop/php/client.php" "$1"

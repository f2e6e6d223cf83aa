#!/bin/sh
exec sh "$ROOT/tests/interop/curl/client.sh" "$1"

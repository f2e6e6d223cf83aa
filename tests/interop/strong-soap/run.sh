#!/bin/sh
NODE_PATH=$TARGET/node_modules exec node "$ROOT/tests/interop/strong-soap/client.js" "$1"

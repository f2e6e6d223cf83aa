#!/bin/sh
NODE_PATH=$TARGET/node_modules exec node "$ROOT/tests/interop/node-soap/client.js" "$1"

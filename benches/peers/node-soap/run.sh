#!/bin/sh
set -eu
export NODE_ENV=production NODE_PATH="$TARGET/node_modules"
exec node "$ROOT/benches/peers/node-soap/server.js" "$ROOT/wsdl/psop-v1.wsdl"

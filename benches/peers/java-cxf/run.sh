#!/bin/sh
set -eu
exec java -cp "$TARGET/build/classes:$TARGET/lib/*" Peer

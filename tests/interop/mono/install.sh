#!/bin/sh
# C# by Mono.
exec "$ROOT/tests/packages.sh" mono-mcs mono-devel libmono-system-web-services4.0-cil

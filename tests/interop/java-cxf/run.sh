#!/bin/sh
# Makes the classes of the running server's WSDL, compiles, calls.
set -eu
cd "$ROOT/tests/interop/java-cxf"
mvn -B -q -o "-Dmaven.repo.local=$TARGET/repository" "-Dpsop.wsdl=$1?wsdl" package
exec java -cp "$TARGET/build/classes:$TARGET/lib/*" Client "$1"

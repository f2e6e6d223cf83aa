#!/bin/sh
# Makes the classes of the running server's WSDL, compiles, has CXF's validators judge it, calls.
set -eu
cd "$ROOT/tests/interop/java-cxf"
mvn -B -q -o "-Dmaven.repo.local=$TARGET/repository" "-Dpsop.wsdl=$1?wsdl" package
classes="$TARGET/build/classes:$TARGET/lib/*"
# The validator that security servers use, then that of WS-I's profile.
java -cp "$classes" org.apache.cxf.tools.validator.WSDLValidator "$1?wsdl"
java -cp "$classes" Validate "$1?wsdl"
exec java -cp "$classes" Client "$1"

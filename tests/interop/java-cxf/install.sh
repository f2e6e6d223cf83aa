#!/bin/sh
# CXF through Maven: everything that the build wants is fetched now, so that it needs no network later.
set -eu
command -v mvn >/dev/null || "$ROOT/tests/packages.sh" maven default-jdk-headless
cd "$ROOT/tests/interop/java-cxf"
mvn -B -q "-Dmaven.repo.local=$TARGET/repository" "-Dpsop.wsdl=$ROOT/wsdl/psop-v1.wsdl" clean package

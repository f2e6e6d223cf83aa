#!/bin/sh
# CXF and Jetty through Maven, and the server compiled.
set -eu
command -v mvn >/dev/null || "$ROOT/tests/packages.sh" maven default-jdk-headless
cd "$ROOT/benches/peers/java-cxf"
mvn -B -q "-Dmaven.repo.local=$TARGET/repository" clean package

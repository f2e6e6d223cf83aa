#!/bin/sh
# Makes the classes of the running server's WSDL, compiles, calls.
set -eu
build=$TARGET/build
rm -rf "$build" && mkdir -p "$build"
sed "s|\"WSDL\"|\"$1?wsdl\"|" "$ROOT/tests/interop/java-jaxws/binding.xml" > "$build/binding.xml"
wsimport -quiet -XadditionalHeaders -Xnocompile -b "$build/binding.xml" -s "$build" -p psop "$1?wsdl"
classes="$build/classes:/usr/share/jaxws/lib/*:/usr/share/java/*"
mkdir "$build/classes"
javac -nowarn -encoding UTF-8 -cp "$classes" -d "$build/classes" "$build"/psop/*.java "$ROOT/tests/interop/java-jaxws/Client.java"
exec java -Dfile.encoding=UTF-8 -cp "$classes" Client "$1"

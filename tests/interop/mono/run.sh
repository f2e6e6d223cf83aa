#!/bin/sh
# Makes the classes of the running server's WSDL, compiles, calls.
set -eu
build=$TARGET/build
rm -rf "$build" && mkdir -p "$build" && cd "$build"
wsdl /nologo /language:CS /namespace:Psop /out:Psop.cs "$1?wsdl" >wsdl.log 2>&1 || { cat wsdl.log; exit 1; }
mcs -out:client.exe -r:System.Web.Services -r:System.Xml Psop.cs "$ROOT/tests/interop/mono/Client.cs"
exec mono client.exe "$1"

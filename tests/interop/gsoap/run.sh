#!/bin/sh
# Makes the classes of the running server's WSDL, compiles, calls.
set -eu
build=$TARGET/build
rm -rf "$build" && mkdir -p "$build" && cd "$build"
wsdl2h -c++11 -o psop.h "$1?wsdl" 2>wsdl2h.log || { cat wsdl2h.log; exit 1; }
# The one edit of a generated file: as it is, the attribute goes out without its namespace.
sed -i 's/^\(  @ ns2__XRoadObjectType *\)objectType/\1ns2__objectType/' psop.h
grep -q 'ns2__XRoadObjectType *ns2__objectType' psop.h
soapcpp2 -j -C -1 -L -x -w -I/usr/share/gsoap/import psop.h >soapcpp2.log || { cat soapcpp2.log; exit 1; }
g++ -std=c++11 -O0 -I. -o client "$ROOT/tests/interop/gsoap/client.cpp" soapC.cpp soappsopBindingProxy.cpp -lgsoap++
exec ./client "$1"

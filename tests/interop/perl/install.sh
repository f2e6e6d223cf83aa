#!/bin/sh
# SOAP::Lite and XML::Compile.
exec "$ROOT/tests/packages.sh" perl libsoap-lite-perl libxml-compile-perl

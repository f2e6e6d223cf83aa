#!/bin/sh
# gSOAP.
exec "$ROOT/tests/packages.sh" g++ gsoap libgsoap-dev

#!/bin/sh
exec perl "$ROOT/tests/interop/perl/client.pl" "$1"

#!/bin/sh
exec ruby -W0 "$ROOT/tests/interop/ruby/client.rb" "$1"

#!/bin/sh
# soap4r.
exec "$ROOT/tests/packages.sh" ruby ruby-soap4r

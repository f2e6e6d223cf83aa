#!/bin/sh
# JAX-WS as Debian has it.
exec "$ROOT/tests/packages.sh" jaxws default-jdk-headless

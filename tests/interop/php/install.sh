#!/bin/sh
# PHP with its own SOAP extension.
exec "$ROOT/tests/packages.sh" php-cli php-soap

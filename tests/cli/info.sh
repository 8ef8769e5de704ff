#!/bin/sh
# mi-info on the shipped phantoms.
exec sh "$srcdir/tests/cli/run" info

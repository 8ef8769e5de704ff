#!/bin/sh
# The shared command line, seen through a tool without a domain.
exec sh "$srcdir/tests/cli/run" demo

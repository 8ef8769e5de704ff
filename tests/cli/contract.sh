#!/bin/sh
# What the tools promise each other and their users, by example.
exec sh "$srcdir/tests/cli/run" contract

#!/bin/sh
# What is wrong with input, options and surroundings, and what the tools say and leave behind then.
exec sh "$srcdir/tests/cli/run" bad

#!/bin/sh
# What is mi-radiomics' own: labels and their names, dumps, names of files in records.
exec sh "$srcdir/tests/cli/run" radiomics

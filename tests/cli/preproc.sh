#!/bin/sh
# mi-preproc: steps, streams, chains with mi-radiomics.
exec sh "$srcdir/tests/cli/run" preproc

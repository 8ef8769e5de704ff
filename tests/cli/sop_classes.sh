#!/bin/sh
# The manual's table of SOP classes (man/dicom.inc) is that of the reader (src/io/dicom/object.c).
set -u
work=$(mktemp -d "${TMPDIR:-/tmp}/mi-sop.XXXXXX") || exit 70
trap 'rm -rf "$work"' EXIT
sed -n 's/^ *{ STORAGE "\([^"]*\)", "\([^"]*\)", "\([^"]*\)" },$/\1 \2: \3/p' "$srcdir/src/io/dicom/object.c" >"$work/code"
sed -n '/^SOP classes/,/^\.fi/p' "$srcdir/man/dicom.inc" | sed -n '/^[0-9]/s/  */ /p' | sed 's/\\-/-/g' >"$work/manual"
if [ "$(wc -l <"$work/code")" -ge 25 ] && cmp -s "$work/code" "$work/manual"; then
    echo "$(wc -l <"$work/code") passed, 0 failed, 0 skipped"
else
    diff "$work/code" "$work/manual"
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
fi

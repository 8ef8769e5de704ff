#!/bin/sh
# What a tool says of modules: one clear line and 69 when a module is absent or is no module, the file when it is there. Runs in
# the build folder.
set -eu
passed=0 failed=0 skipped=0
good() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAIL: $*"; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/none" "$tmp/broken"
echo "not a library" >"$tmp/broken/mi-itk.so"
{
    printf 'NRRD0004\ntype: uchar\ndimension: 3\nsizes: 2 2 2\nspacings: 1 1 1\nencoding: raw\n\n'
    printf '12345678'
} >"$tmp/x.nrrd"

# FOLDER STATUS PATTERN: mi-info on the NRRD file with the modules of FOLDER.
try() {
    status=0
    MI_MODULES=$1 ./mi-info "$tmp/x.nrrd" >"$tmp/out" 2>"$tmp/err" || status=$?
    if [ $status -eq "$2" ]; then good; else bad "modules in $1: status $status, not $2"; fi
    if [ "$2" -eq 0 ]; then return; fi
    # One line of error, at most one hint, nothing on stdout.
    case $(wc -l <"$tmp/err") in 1 | 2) good ;; *) bad "not one line:"; cat "$tmp/err" ;; esac
    if head -n 1 "$tmp/err" | grep -q "^mi-info: .*x.nrrd: .*$3"; then good; else bad "the words:"; cat "$tmp/err"; fi
    if [ -s "$tmp/out" ]; then bad "words on stdout"; else good; fi
}

libdir=$(sed -n 's/^prefix = //p' Makefile)/lib/mi
if [ -f "$libdir/mi-itk.so" ]; then
    skipped=1
    echo "SKIP: absence of a module, mi-itk is installed in $libdir"
else
    try "$tmp/none" 69 "the module mi-itk is not part of this build"
fi
try "$tmp/broken" 69 "the module mi-itk cannot be opened"
[ ! -f .libs/mi-itk.so ] || try "$PWD/.libs" 0
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]

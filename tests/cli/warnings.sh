#!/bin/sh
# Every code that the sources warn with is listed by --list-warnings, and the other way round; every
# listed code is taken by --fail-on, and the codes of regions end a run with 1.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
passed=0 failed=0
ok() { passed=$((passed + 1)); }
bad() { echo "FAIL: $*"; failed=$((failed + 1)); }

mi-radiomics --list-warnings | awk '{ print $1 }' | sort >"$dir/listed"
find "$srcdir/src" -name '*.c' -o -name '*.cxx' | sort | xargs cat | tr '\n' ' ' |
    grep -oE 'mi_warn\([^;"]*"[a-z_0-9]+"' | sed 's/.*"\([a-z_0-9]*\)"/\1/' | sort -u >"$dir/used"
if [ -s "$dir/used" ] && diff "$dir/used" "$dir/listed" >"$dir/why"; then ok
else bad "codes in use (<) and listed (>) differ: $(grep '^[<>]' "$dir/why" | tr '\n' ' ')"; fi

mi-make-phantom ibsi "$dir" "$srcdir/testdata/ibsi_digital_phantom.csv" >/dev/null
run() { mi-radiomics --features stat "$@" "$dir/image.nii" "$dir/mask.nii" >/dev/null 2>"$dir/err"; }
while read -r code; do
    rc=0
    run --label 1 --fail-on "$code" || rc=$?
    case $rc in 0|1) ok ;; *) bad "--fail-on $code: exit status $rc, $(head -n 1 "$dir/err")" ;; esac
done <"$dir/listed"
for code in few_levels few-levels; do
    rc=0
    run --label 1 --fail-on $code || rc=$?
    if [ $rc -eq 1 ]; then ok; else bad "--fail-on $code: exit status $rc, not 1"; fi
done
for tool in mi-radiomics mi-info; do
    rc=0
    $tool --fail-on few_levls "$dir/image.nii" >/dev/null 2>"$dir/err" || rc=$?
    if [ $rc -eq 64 ] && grep -q 'did you mean few_levels?' "$dir/err"; then ok
    else bad "$tool --fail-on few_levls: exit status $rc, $(head -n 2 "$dir/err" | tr '\n' ' ')"; fi
done

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]

#!/bin/sh
# The schema of the records is what the tool prints, and records (ok, undefined features, failed regions) fit it.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
passed=0 failed=0
ok() { passed=$((passed + 1)); }
bad() { echo "FAIL: $*"; failed=$((failed + 1)); }
kit=${kit:-tests/kit}
schema=$srcdir/share/schemas/mi.features-1.json

mi-radiomics --schema >"$dir/schema.json"
if cmp -s "$dir/schema.json" "$schema"; then ok; else bad "share/schemas/mi.features-1.json is stale: mi-radiomics --schema"; fi

mi-make-phantom ibsi "$dir" "$srcdir/testdata/ibsi_digital_phantom.csv" >/dev/null
image=$dir/image.nii mask=$dir/mask.nii
fits() { # NAME COMMAND...
    name=$1
    shift
    if "$@" >"$dir/out.jsonl" 2>"$dir/err"; then :; fi
    if [ -s "$dir/out.jsonl" ] && "$kit/check-schema" "$schema" "$dir/out.jsonl" >"$dir/why" 2>&1; then
        ok
    else
        bad "$name: $(cat "$dir/why" "$dir/err" | head -n 2)"
    fi
}
fits 'a region' mi-radiomics "$image" "$mask"
fits 'every aggregation' mi-radiomics --preset ibsi-phantom "$image" "$mask"
fits 'undefined features' mi-radiomics --range 100: "$image" "$mask"
printf 'case,image,mask,site\na,%s,%s,x\nb,%s,%s,y\n' "$image" "$mask" "$image" "$dir/none.nii" >"$dir/cases.csv"
fits 'a batch with a failed case' mi-radiomics --batch "$dir/cases.csv"

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]

#!/bin/sh
# Damaged and contradictory NIfTI files of the reference material, through every tool. The table says what must come of
# each; its second column is what facts.json asks for, word by word, and a test holds it against that file.
set -u
work=$(mktemp -d "${TMPDIR:-/tmp}/mi-bad.XXXXXX") || exit 70
trap 'rm -rf "$work"' EXIT
LC_ALL=C
export LC_ALL
unset MI_THREADS OMP_NUM_THREADS SLURM_CPUS_PER_TASK MI_LOG
folder=${MI_SHARED:-}/data/bad/nifti
if [ ! -d "$folder" ]; then
    echo "SKIP: damaged NIfTI files, the reference material is not there (MI_SHARED)"
    echo "0 passed, 0 failed, 1 skipped"
    exit 77
fi
passed=0 failed=0 skipped=0
good() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAIL: $name: $*"; }
holds() { if eval "$2"; then good; else bad "$1"; fi; }

# File, what facts.json says, exit status, the warning's code in the record (or -), message (a shell pattern) or -.
table() {
    cat <<'TABLE'
ok_base.nii.gz|must be read|0|-|-
slope_zero.nii.gz|must be read without scaling|0|-|-
units_micron.nii.gz|must be read: volumes in mm3 must equal those of ok_base|0|-|-
truncated_stream.nii.gz|must be refused with a clear message and a non-zero exit|65|-|truncated: the header promises 51552 bytes, 25970 are missing (the gzip data end before their end mark)
voxels_missing.nii.gz|must be refused with a clear message and a non-zero exit|65|-|truncated: the header promises 51552 bytes, 31200 are missing
dim_negative.nii.gz|must be refused with a clear message and a non-zero exit|65|-|the header is wrong: dim?1? is -40
qform_sform_disagree.nii.gz|either refuse or warn and read; never crash, hang or pass silently; say which one is used|0|qform_sform|qform and sform disagree by 234 mm: the sform is used
nan_and_inf_voxels.nii.gz|either refuse or warn and read; never crash, hang or pass silently; counts must be told|0|non_finite|* of * voxels*are NaN or infinite*
no_orientation.nii.gz|must be read with a warning (spacing only)|0|no_orientation|no orientation in the header *: voxel size only, sides are not known
mask_same_grid.nii.gz|must be read|0|-|-
mask_stored_flipped.nii.gz|must be read: results must equal those with mask_same_grid, or refuse; never use it index by index|0|-|-
mask_origin_off_0p1um.nii.gz|must be read (rounding)|0|-|-
mask_origin_off_half_voxel.nii.gz|must be refused with a clear message and a non-zero exit (or resampled when asked)|65|-|mask is shifted by 1.5 mm (0.5 voxels) against the image: *
TABLE
}

# A mask on the grid of image $1: its header with the voxels and the type of mask_same_grid.
fitting_mask() {
    gzip -dc "$1" | head -c 352 >fitting.nii
    printf '\002\000\010\000' | dd of=fitting.nii bs=1 seek=70 conv=notrunc 2>/dev/null
    gzip -dc "$folder/mask_same_grid.nii.gz" | tail -c +353 >>fitting.nii
}

# Refused: the status, one line, at most one hint, nothing on stdout, no file.
refused() {
    tool=$1
    shift
    "$tool" "$@" >out 2>err
    code=$?
    holds "$tool ended with $code instead of $status: $(head -n 1 err)" '[ $code -eq "$status" ]'
    holds "$tool prints something: $(head -c 80 out)" '[ ! -s out ]'
    holds "$tool says '$(head -n 1 err)'" 'case $(head -n 1 err) in "$tool: "*": "$message) ;; *) false ;; esac'
    holds "$tool says more than a line and a hint" '[ "$(grep -vc "^hint: " err)" -eq 1 ] && [ "$(wc -l <err)" -le 2 ]'
}

# Read with image and mask: the warning is in the record, or none is that comes from the file.
radiomics() {
    mi-radiomics --no-provenance "$1" "$2" >record 2>err
    code=$?
    holds "mi-radiomics ended with $code: $(head -n 1 err)" '[ $code -eq 0 ]'
    holds "mi-radiomics says '$(head -n 1 err)'" '[ ! -s err ]'
    sed -n 's/.*"warnings":\[\(.*\)\].*/\1/p' record | grep -o '"code":"[a-z_]*","why":"[^"]*"' |
        grep -v '"code":"touches_border"' >warnings
    if [ "$warning" = - ]; then
        holds "a warning: $(cat warnings)" '[ ! -s warnings ]'
    else
        holds "not warned of: $(cat warnings)" '[ "$(wc -l <warnings)" -eq 1 ]'
        holds "the record warns: $(cat warnings)" 'case $(cat warnings) in "\"code\":\"$warning\",\"why\":\""$message"\"") ;; *) false ;; esac'
    fi
}

features() { sed 's/.*"features":\({[^}]*}\).*/\1/' "$1"; }

others() {
    file=$1
    mi-preproc "$file" -o product.nii 2>err
    code=$?
    holds "mi-preproc ended with $code: $(head -n 1 err)" '[ $code -eq 0 ] && [ -s product.nii ]'
    mi-info --stats "$file" >out 2>info.err
    code=$?
    holds "mi-info ended with $code: $(head -n 1 info.err)" '[ $code -eq 0 ] && [ ! -s info.err ]'
    if [ "$warning" = - ]; then
        holds "mi-preproc says '$(head -n 1 err)'" '[ ! -s err ]'
        holds "mi-info warns" '! grep -q "^  warning" out'
    else
        holds "mi-preproc says '$(head -n 1 err)'" 'case $(cat err) in "mi-preproc: warning: $file: "$message) ;; *) false ;; esac'
        holds "mi-info does not warn" 'grep -q -e "^  warning" -e "^  not finite *18$" out'
    fi
    rm -f product.nii
}

cd "$work" || exit 70
table >table
while IFS='|' read -r name asked status warning message; do
    if command -v jq >/dev/null; then
        said=$(jq -r --arg f "bad/nifti/$name" '.files[$f].expected_behaviour' "$MI_SHARED/data/facts.json")
        holds "facts.json asks for something else: $said" '[ "$said" = "$asked" ]'
    else
        skipped=$((skipped + 1))
        echo "SKIP: $name against facts.json, jq is not installed"
    fi
    file=$folder/$name
    case $name-$status in
    mask_*-0)
        radiomics "$folder/ok_base.nii.gz" "$file"
        others "$file"
        cp record "record.$name"
        ;;
    mask_*)
        refused mi-radiomics "$folder/ok_base.nii.gz" "$file"
        refused mi-radiomics -o record.jsonl "$folder/ok_base.nii.gz" "$file"
        mi-preproc --as-mask --like "$folder/ok_base.nii.gz" "$file" -o resampled.nii 2>err &&
            mi-radiomics --features stat "$folder/ok_base.nii.gz" resampled.nii >out 2>>err
        code=$?
        holds "resampled as the hint says it ends with $code: $(cat err)" '[ $code -eq 0 ]'
        ;;
    *-0)
        fitting_mask "$file"
        radiomics "$file" fitting.nii
        others "$file"
        cp record "record.$name"
        ;;
    *)
        refused mi-radiomics "$file" "$folder/mask_same_grid.nii.gz"
        refused mi-radiomics --verify -o record.jsonl "$file" "$folder/mask_same_grid.nii.gz"
        refused mi-radiomics "$folder/ok_base.nii.gz" "$file"
        refused mi-preproc -o product.nii "$file"
        refused mi-info --stats "$file"
        ;;
    esac
    holds "a file is left: $(ls)" '[ ! -e record.jsonl ] && [ ! -e product.nii ] && [ -z "$(ls -A | grep part)" ]'
done <table

name="every file"
holds "of $(ls "$folder" | wc -l) files $(wc -l <table) are in the table" '[ "$(ls "$folder" | wc -l)" -eq "$(wc -l <table)" ]'
for name in slope_zero.nii.gz units_micron.nii.gz; do
    holds "other features than ok_base" '[ "$(features record.$name)" = "$(features record.ok_base.nii.gz)" ]'
done
for name in mask_stored_flipped.nii.gz mask_origin_off_0p1um.nii.gz; do
    holds "other features than mask_same_grid" '[ "$(features record.$name)" = "$(features record.mask_same_grid.nii.gz)" ]'
done
holds "features are missing" '[ "$(features record.mask_same_grid.nii.gz | tr , "\n" | wc -l)" -gt 150 ]'
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ] && [ $passed -gt 0 ]

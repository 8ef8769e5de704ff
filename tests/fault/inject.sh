#!/bin/sh
# The N-th allocation, write, read, close, open or start of a thread fails, for many N. Whatever
# fails, a tool ends with a status of its own (no signal) and leaves no unfinished file behind; when
# it ends with 0 all the same its output is whole. Runs in the build folder.
set -u
build=$(pwd)
inject=$build/tests/fault/.libs/inject.so
work=$(mktemp -d "${TMPDIR:-/tmp}/mi-fault.XXXXXX") || exit 70
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
good() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAIL: $*"; }
LC_ALL=C PATH=$build:$build/tests/cli:$PATH
export LC_ALL PATH
if [ ! -f "$inject" ]; then
    echo "SKIP: failing calls, the build has no library to preload (sanitizers)"
    exit 77
fi
cd "$work" || exit 70
mi-make-phantom tumour . || exit 70
gzip -k image.nii mask.nii
echo '{"bin_width":10,"spacing":[2,2,2],"range":":400","features":["stat"]}' >config.json
printf 'case,image,mask\nP1,image.nii,mask.nii\nP2,image.nii.gz,mask.nii.gz\n' >cohort.csv

# fault KIND:N: one run of $command; 1 when there was no N-th call
fault() {
    rm -rf out* mark
    # shellcheck disable=SC2086
    LD_PRELOAD=$inject MI_FAULT=$1 MI_FAULT_MARK=$work/mark $command >stdout 2>stderr </dev/null
    code=$?
    [ -e mark ] || return 1
    reason=
    case $code in
    0) cmp -s "$out" reference || reason="ends with 0, but the output is not whole" ;;
    3 | 65 | 66 | 69 | 70 | 71 | 73 | 74 | 75 | 78)
        [ -s stderr ] || reason="ends with $code and says nothing"
        [ $code -eq 3 ] || [ ! -e "$out" ] || reason="ends with $code, but leaves an output"
        ;;
    *) reason="ends with $code" ;;
    esac
    for left in .*.part-*; do
        [ ! -e "$left" ] || reason="leaves $left"
    done
    if [ -z "$reason" ]; then good; else bad "$1, $command: $reason: $(head -n 1 stderr)"; fi
}

# try KIND STEP: N = 1, 1 + STEP, ... until there is no such call
try() {
    n=1
    while [ $n -lt 100000 ] && fault "$1:$n"; do
        n=$((n + $2))
        [ $failed -gt 20 ] && return
    done
}

for command in \
    "mi-radiomics --features stat,ih image.nii.gz mask.nii -o out.jsonl" \
    "mi-radiomics --features stat --batch cohort.csv --jobs 2 -q -o out.jsonl" \
    "mi-radiomics --features stat --batch cohort.csv -q -o out.csv" \
    "mi-radiomics --preset ct --config config.json --print-config -o out.json" \
    "mi-radiomics --usage-json -o out.json" \
    "mi-radiomics --list-presets --json -o out.json" \
    "mi-radiomics --completion bash -o out.sh"; do
    rm -rf out*
    out=${command##* }
    $command || bad "$command"
    mv "$out" reference
    try malloc 13
    try write 1
    try read 1
    try close 1
    try open 1
    try thread 1
done
echo "$passed passed, $failed failed, 0 skipped"
[ $failed -eq 0 ] && [ $passed -gt 20 ]

#!/bin/bash
# Bad input, bad options, bad places: a row of tests/cli/bad_input.table says how the input is made, what is run and what
# must come of it; what holds for every failure is looked at here, the same for each:
#
#   - the exit status, and no end by a signal (a gone reader excepted)
#   - stderr: one line `TOOL: subject: cause` and one line `hint: ...`, nothing else (a row may ask for more)
#   - the same failure told as JSON fits its schema and tells the same code
#   - stdout: nothing, or the whole records that the row asks for
#   - the folder: no output, no temporary file, no input changed; nothing left in TMPDIR or on the full disk
#
#   bad_input.sh [--show] [WORD]     only rows with WORD in their name; --show: what is printed, for writing rows
#
# Needs nothing of the reference material. Runs in the build folder.
set -u
case $(trap -p PIPE) in *"''"*) exec env --default-signal=PIPE bash "$0" "$@" ;; esac
: "${srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${MI_DATA:=$srcdir/share}"
PATH=$(pwd)/tests/kit:$(pwd):$PATH
LC_ALL=C
export PATH LC_ALL MI_DATA
unset MI_SHARED MI_THREADS OMP_NUM_THREADS SLURM_CPUS_PER_TASK MI_LOG XDG_DATA_DIRS NO_COLOR TERM
show= only=
[ "${1:-}" = --show ] && { show=yes; shift; }
only=${1:-}
work=$(mktemp -d "${TMPDIR:-/tmp}/mi-input.XXXXXX") || exit 70
mounted=
clean() {
    [ -n "$mounted" ] && umount "$work/full"
    chmod -R u+rwx "$work"
    rm -rf "$work"
}
trap clean EXIT
trap 'exit 130' INT TERM
mkdir "$work/base" "$work/tmp" "$work/full"
export TMPDIR=$work/tmp
passed=0 failed=0 skipped=0
good() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAIL: $name: $run: $*"; }

# ---- what rows may use ----

# As a user whom the modes of files bind.
as_nobody() {
    if [ "$(id -u)" -ne 0 ]; then "$@"; else setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-all "$@"; fi
}
# With little memory. Sanitizers need all addresses there are, but can refuse a large array.
bounded() { (
    if [ -n "$limits" ]; then ulimit -v 400000; else
        ASAN_OPTIONS=${ASAN_OPTIONS:-}:max_allocation_size_mb=300 TSAN_OPTIONS=${TSAN_OPTIONS:-}:max_allocation_size_mb=300
        export ASAN_OPTIONS TSAN_OPTIONS
    fi
    "$@"
); }
# With files of 4 KiB at most: the write fails as it does on a full disk.
small_files() { (
    trap '' XFSZ
    ulimit -f 4
    "$@"
); }
[ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=16k none "$work/full" 2>/dev/null && mounted=yes
limits=$( (ulimit -v 400000 && mi-info --version) >/dev/null 2>&1 && echo yes)

# Why a row cannot be run here; nothing: it can.
unmet() {
    case $1 in
    dicom) mi-info --version | grep -q '^modules:.*mi-dicom' || echo "built without mi-dicom" ;;
    lean) mi-info --version | grep -q '^modules:.*mi-dicom' && echo "built with mi-dicom" ;;
    modes)
        touch "$work/locked" && chmod 0 "$work/locked"
        as_nobody cat "$work/locked" >/dev/null 2>&1 && echo "this user may read everything"
        as_nobody true 2>/dev/null || echo "setpriv cannot drop rights"
        rm -f "$work/locked"
        ;;
    limits) [ -n "$limits" ] || echo "memory cannot be limited (a sanitizer)" ;;
    disk) [ -n "$mounted" ] || echo "no small file system can be mounted" ;;
    terminal) script -qec true /dev/null >/dev/null 2>&1 </dev/null || echo "script makes no terminal" ;;
    *) command -v "$1" >/dev/null || echo "$1 is not there" ;;
    esac
}

# ---- a run and what must come of it ----

look_around() {
    find . -printf '%P %y\n' | sort
    find . -type f -exec cksum {} + 2>/dev/null | sort
    find "$work/tmp" "$work/full" -mindepth 1
}

begin() {
    chmod -R u+rwx "$work/in" 2>/dev/null
    rm -rf "$work/in" "$work/tmp" && mkdir "$work/in" "$work/tmp" && cd "$work/in" && cp "$work/base"/* . &&
        for line in ${makes[@]+"${makes[@]}"}; do eval "$line" || { bad "cannot be made: $line"; return 1; }; done &&
        look_around >"$work/before"
}

do_run() {
    (
        set -o pipefail
        eval "$run"
    ) >"$work/out" 2>"$work/err" </dev/null
}

# Lines of stderr against the patterns, one to one.
told() {
    local i=0 line wanted
    while IFS= read -r line; do
        [ $i -lt ${#words[@]} ] || return 1
        case ${words[$i]} in
        "says "*) wanted="$tool: ${words[$i]#says }" ;;
        *) wanted="hint: ${words[$i]#hint }" ;;
        esac
        # shellcheck disable=SC2254
        case $line in
        $wanted) ;;
        *) return 1 ;;
        esac
        i=$((i + 1))
    done <"$work/err"
    [ $i -eq ${#words[@]} ]
}

# Records: the status of each in order, each whole and fit for its schema.
printed() {
    case $prints in
    nothing) [ ! -s "$work/out" ] ;;
    text) [ -s "$work/out" ] && [ -z "$(tail -c 1 "$work/out" | tr -d '\n')" ] ;;
    *)
        [ "$(sed -n 's/^{"schema":"[^"]*","status":"\([a-z]*\)",.*}$/\1/p' "$work/out" | tr '\n' ' ')" = "$prints " ] &&
            [ "$(wc -l <"$work/out")" -eq "$(echo "$prints" | wc -w)" ] &&
            check-schema "$MI_DATA/schemas/mi.features-1.json" "$work/out" >/dev/null
        ;;
    esac
}

one() {
    run=$1
    local tools asked=$code got
    tools=$(grep -o '\bmi-[a-z]*' <<<"$run")
    tool=${tools##*$'\n'}
    begin || return
    do_run
    got=$?
    [ -n "$show" ] && { echo "== $name: $run"; echo "code $got"; sed "s/^$tool: /says /; s/^hint: /hint /" "$work/err"; head -c 300 "$work/out"; }
    if [ $got -eq "$asked" ]; then good; else bad "ends with $got instead of $asked"; fi
    if told; then good; else bad "says:"$'\n'"$(head -c 2000 "$work/err")"; fi
    if printed; then good; else bad "prints: $(head -c 300 "$work/out")"; fi
    look_around >"$work/after"
    if cmp -s "$work/before" "$work/after"; then good; else bad "leaves:"$'\n'"$(diff "$work/before" "$work/after")"; fi
    case ${#words[@]}-$asked in
    2-6? | 2-7?)
        begin && MI_LOG=json && export MI_LOG && do_run
        unset MI_LOG
        if check-schema "$MI_DATA/schemas/mi.error-1.json" "$work/err" >/dev/null &&
            grep -q "^{\"level\":\"error\",\"tool\":\"$tool\",\"class\":\"[a-zA-Z/ ]*\",\"code\":$asked,.*\"hint\":\".*\"}\$" "$work/err" &&
            [ "$(wc -l <"$work/err")" -eq 1 ]; then good; else bad "says as JSON: $(head -c 1000 "$work/err")"; fi
        ;;
    esac
    cd "$work" || exit 70
}

# The runs gathered so far, then a clean slate for further ones of the same row.
perform() {
    local why need
    [ ${#runs[@]} -gt 0 ] || return
    case $name in *"$only"*) ;; *) runs=(); return ;; esac
    for need in $needs; do
        why=$(unmet "$need")
        if [ -n "$why" ]; then
            skipped=$((skipped + 1))
            echo "SKIP: bad input, $name: $why"
            runs=() words=()
            return
        fi
    done
    if [ ${#words[@]} -eq 0 ] && [ "$code" -ne 141 ]; then run=${runs[0]}; bad "the row asks for no message"; fi
    for run in "${runs[@]}"; do one "$run"; done
    runs=() words=() code=65 prints=nothing
}

cd "$work/base" || exit 70
make-image image.nii noise=0,99 && make-image mask.nii type=uint8 ball=1,3 || { echo "FAIL: no image can be made"; exit 1; }
cd "$work" || exit 70
name='' run='' needs='' makes=() runs=() words=() code=65 prints=nothing
while IFS= read -r line || [ -n "$line" ]; do
    key=${line%% *} rest=${line#* }
    while [ "${rest# }" != "$rest" ]; do rest=${rest# }; done
    case $key in
    '' | '#'*) perform; [ -n "$key" ] || { name='' needs='' makes=() runs=() words=() code=65 prints=nothing; } ;;
    case) name=$rest ;;
    needs) needs=$rest ;;
    make) makes+=("$rest") ;;
    run)
        [ ${#words[@]} -gt 0 ] && perform
        runs+=("$rest")
        ;;
    code) code=$rest ;;
    prints) prints=$rest ;;
    says | hint) words+=("$key $rest") ;;
    *) name=$line; run=table; bad "no such key" ;;
    esac
done <"$srcdir/tests/cli/bad_input.table"
perform
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ] && [ $passed -gt 0 ]

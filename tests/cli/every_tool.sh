#!/bin/sh
# What every tool of the suite must do, whatever it computes: tell about itself, notice a full
# device and a gone reader, take streams from any kind of pipe, and end with the right status. Runs
# in the build folder.
set -u
build=$(pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/mi-every.XXXXXX") || exit 70
trap 'rm -rf "$work"' EXIT
LC_ALL=C PATH=$build:$build/tests/kit:$PATH
export LC_ALL PATH
unset MI_THREADS OMP_NUM_THREADS SLURM_CPUS_PER_TASK MI_LOG XDG_DATA_DIRS
passed=0 failed=0 skipped=0
good() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAIL: $tool: $*"; }

# check STATUS WHAT COMMAND...: the command ends with STATUS (stdout and stderr are kept in out and
# err)
check() {
    want=$1 what=$2
    shift 2
    "$@" >out 2>err </dev/null
    code=$?
    if [ $code -eq "$want" ]; then
        good
    else
        bad "$what ended with $code instead of $want: $(head -n 1 err)"
    fi
}
holds() { if eval "$2"; then good; else bad "$1"; fi; }

about_itself() {
    check 0 "--help" $tool --help
    holds "--help does not fit a screen of 50 lines and 80 columns" '[ "$(wc -l <out)" -le 50 ] && [ "$(wc -L <out)" -le 80 ]'
    check 0 "--help-all" $tool --help-all
    holds "--help-all is wider than 80 columns" '[ "$(grep -v "^  mi-" out | wc -L)" -le 80 ]'
    check 0 "--version" $tool --version
    holds "--version does not begin with the tool" 'head -n 1 out | grep -q "^$tool (mi) [0-9]"'
    check 0 "--version --json" $tool --usage-json
    holds "--usage-json does not fit its schema: $(cat fit 2>/dev/null)" 'check-schema "$MI_DATA/schemas/mi.usage-1.json" out >fit'
    sed -n 's/^      "name": "\(.*\)",$/\1/p' out >options
    holds "an option lacks a help text" '! grep -q "\"help\": \"\"" out'
    check 0 "--completion bash" $tool --completion bash
    holds "the completion is not bash" 'bash -n out'
    check 64 "an unknown option" $tool --no-such-option
    holds "an unknown option is not told in one line and a hint" '[ "$(wc -l <err)" -eq 2 ] && [ ! -s out ]'
    if grep -qx print-config options; then
        check 0 "--print-config" $tool --print-config
        cp out config.json
        check 0 "--config" $tool --config config.json --print-config
        holds "--config does not take back --print-config" 'cmp -s out config.json'
        holds "--print-config does not fit its schema" 'check-schema "$MI_DATA/schemas/mi.config-1.json" config.json >/dev/null'
    fi
}

full_device() {
    for option in --help --help-all --version --usage-json "--completion bash" \
        $(grep -x -e print-config -e 'list-.*' options | sed 's/^/--/') "$quick $inputs"; do
        # shellcheck disable=SC2086
        $tool $option >out 2>/dev/null </dev/null
        [ -s out ] || continue # nothing to write, or not without a folder
        # shellcheck disable=SC2086
        $tool $option >/dev/full 2>err </dev/null
        code=$?
        holds "$option to a full device ends with $code instead of 74" '[ $code -eq 74 ]'
    done
    $tool --version >&- 2>err
    code=$?
    holds "a closed stdout ends with $code instead of 74" '[ $code -eq 74 ]'
}

# The product of a bundle, whichever way it comes. Names differ, so what is compared leaves them
# out.
product() {
    sed 's/"[^"]*\.\(nii\|dcm\)[^"]*"/NAME/g; s/"-"/NAME/g; s|"/dev/fd/[0-9]*"|NAME|g; s/"compression": "[a-z]*"/PACKED/; s/"\(stdin\|image\|case\|bundle\|pipe\|[0-9][0-9]\)"/NAME/g; s/^[^:]*\(pipe\|bundle.nii\|-\)//; s/^file *-*[^ ]*//' out
}

stream() {
    name=$1
    shift
    "$@" >out 2>err
    code=$?
    if [ $code -ne 0 ]; then
        bad "$name ended with $code: $(head -n 1 err)"
    elif [ -f reference ]; then
        if product | cmp -s - reference; then good; else bad "$name gives another product"; fi
    else
        product >reference
        good
    fi
}

streams() {
    rm -f reference
    # shellcheck disable=SC2086
    {
        stream "a bundle made by cat" sh -c "cat image.nii mask.nii | $tool $quick -"
        stream "gzip members" sh -c "cat image.nii.gz mask.nii.gz | $tool $quick -"
        stream "mixed members" sh -c "cat image.nii.gz mask.nii | $tool $quick -"
        stream "one gzip member for both" sh -c "cat image.nii mask.nii | gzip -c | $tool $quick -"
        stream "an image in many gzip members" sh -c "{ for part in image.part*; do gzip -c \$part; done; gzip -c mask.nii; } | $tool $quick -"
        stream "a slow producer of gzip" sh -c "{ head -c 3000 image.nii.gz; sleep 0.2; tail -c +3001 image.nii.gz; cat mask.nii; } | $tool $quick -"
        stream "a slow producer" sh -c "{ head -c 200 image.nii; sleep 0.2; tail -c +201 image.nii; sleep 0.2; cat mask.nii; } | $tool $quick -"
        stream "stdin without an operand" sh -c "cat image.nii mask.nii | $tool $quick"
        stream "a bundle in a file" sh -c "cat image.nii mask.nii >bundle.nii; $tool $quick bundle.nii"
        mkfifo pipe
        stream "a name that tells something else" sh -c "cat image.nii.gz mask.nii >bundle.dcm; $tool $quick bundle.dcm"
        stream "a pipe of the shell" bash -c "$tool $quick <(cat image.nii mask.nii)"
        stream "a named pipe" sh -c "cat image.nii mask.nii >pipe & $tool $quick pipe"
        rm pipe
    }
    check 65 "an empty stdin" sh -c "$tool - </dev/null"
    holds "an empty stdin is not told" 'grep -q "no data on stdin" err'
    check 65 "a cut stream" sh -c "head -c 5000 image.nii | $tool -"
    check 65 "a stream cut inside its second item" sh -c "cat image.nii mask.nii | head -c 2950000 | $tool -"
    check 65 "a bundle without its second item" sh -c "head -c $second two.nii | $tool -"
    holds "a missing item is not told" 'grep -q "item 2 of 2 of the bundle is missing" err'
    if [ $tool != mi-info ]; then
        check 65 "an item of another grid" sh -c "cat image.nii short.nii | $tool -"
        holds "the grid is not told, or the hint names no --like" 'grep -q "mask is 160x128x71, image is 160x128x72" err && grep -q "hint: .*--like" err'
    fi
    check 65 "a stream of something else" sh -c "echo no image | $tool -"
    check 66 "a missing file" $tool none.nii
    check 64 "two inputs on stdin" $tool - -
    check 74 "a closed stdin" sh -c "$tool - <&-"
    # shellcheck disable=SC2086
    check 0 "a file with stdin closed" sh -c "$tool $quick $inputs <&-"
    cp image.nii secret.nii && chmod 0 secret.nii
    if $bound cat secret.nii >/dev/null 2>&1; then
        skipped=$((skipped + 1))
        echo "SKIP: $tool with an unreadable file, this user may read everything"
    else
        check 66 "an unreadable file" $bound $tool secret.nii
    fi
    rm -f secret.nii
    # shellcheck disable=SC2086
    { $tool $quick $inputs; echo $? >code; } 2>err | true
    code=$(cat code)
    # a product smaller than a pipe may be written before the reader goes away
    holds "a gone reader ends with $code" '[ "$code" -eq 141 ] || [ "$code" -eq 0 ]'
    { sh -c "cat image.nii mask.nii; echo \$? >code"; } | $tool $quick - >out 2>err
    holds "the producer of a stream is killed" '[ "$(cat code)" -eq 0 ]'
}

# The modes of files do not bind root, but root without two rights.
bound=
[ "$(id -u)" -eq 0 ] && bound='setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-all'
[ -n "$bound" ] && ! $bound true 2>/dev/null && bound=
cd "$work" || exit 70
tool=mi-make-phantom
"$build/mi-make-phantom" tumour . || bad "no phantom"
gzip -k image.nii mask.nii
split -b 1000000 image.nii image.part
"$build/mi-preproc" -q image.nii --mask mask.nii >two.nii || bad "no bundle"
second=$(($(grep -abo 'n+1' two.nii | sed -n '2s/:.*//p') - 344))
"$build/mi-preproc" -q --plain --as-mask --crop :,:,1: mask.nii -o short.nii || bad "no other grid"
for program in "$build"/mi-*; do
    case $program in *.la | *-make-phantom) continue ;; esac
    [ -x "$program" ] || continue
    tool=$(basename "$program")
    quick= inputs="image.nii mask.nii"
    case $tool in
    mi-radiomics) quick="--features stat --no-provenance" ;;
    mi-info) quick="--stats --json" ;;
    mi-preproc) quick="--no-provenance" inputs="image.nii --mask mask.nii" ;;
    esac
    about_itself
    full_device
    streams
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ] && [ $passed -gt 0 ]

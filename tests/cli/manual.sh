#!/bin/sh
# The examples of the manual pages run: lines `$ COMMAND` between .EX and .EE, all of a page in one
# folder that holds the shipped phantom as image.nii and mask.nii, and the DICOM folders scan, pet
# and tilted with contours.dcm of scan; where DICOM is not part of the build the commands that name
# them are skipped. `# exit status N` behind a command says how it ends (else 0). Lines below a
# command are shell patterns of what it prints, stdout and stderr together; without such lines
# anything goes. Then: are the pages fresh, and does groff take them without a complaint?
set -u
build=$(pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/mi-man.XXXXXX") || exit 70
trap 'rm -rf "$work"' EXIT
LC_ALL=C
export LC_ALL
passed=0 failed=0 skipped=0
good() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAIL: $*"; }

examples() {
    awk '/^\.EX/ { on = 1; next } /^\.EE/ { on = 0; next } on' "$1" | sed 's/\\-/-/g; s/\\e/\\/g; s/\\(aq/'"'"'/g'
}

# Folders from a scanner, into the current one.
scans() {
    "$build/tests/kit/make-dicom" rt scan && mv scan/contours.dcm . &&
        "$build/tests/kit/make-dicom" pet pet && "$build/tests/kit/make-dicom" tilt tilted
}

# Run the command, compare with the patterns.
finish() {
    [ -n "$command" ] || return 0
    case " $command " in
    *' scan '* | *' pet '* | *' tilted '* | *' drawn.nii '* | *' scanned.nii '* | *' contours.dcm '*)
        if [ -n "$no_dicom" ]; then
            skipped=$((skipped + 1))
            command=
            return 0
        fi
        ;;
    esac
    (cd "$work/in" && bash -c "$command") >"$work/out" 2>&1 </dev/null
    code=$?
    reason=
    [ $code -eq "$status" ] || reason="exit status $code instead of $status"
    if [ -s "$work/want" ] && [ -z "$reason" ]; then
        exec 3<"$work/want" 4<"$work/out"
        while IFS= read -r pattern <&3; do
            IFS= read -r line <&4 || line="(nothing)"
            # shellcheck disable=SC2254
            case $line in
            $pattern) ;;
            *) reason="'$line' does not fit '$pattern'" ;;
            esac
        done
        IFS= read -r line <&4 && reason="also prints '$line'"
    fi
    if [ -z "$reason" ]; then
        good
    else
        bad "$page: $command: $reason"
        sed 's/^/    /' "$work/out" | cut -c1-200
    fi
    command=
}

mkdir "$work/dicom" && (cd "$work/dicom" && scans) || bad "no DICOM folders"
no_dicom=
if "$build/mi-info" "$work/dicom/scan" 2>&1 | grep -q 'module mi-dicom is not part'; then
    no_dicom=yes
    echo "SKIP: examples with DICOM, the module mi-dicom is not part of this build"
fi

for source in "$srcdir"/man/*.in; do
    page=$(basename "$source" .in)
    rm -rf "$work/in" && mkdir "$work/in"
    "$build/mi-make-phantom" tumour "$work/in" || bad "no phantom"
    cp -r "$work/dicom/." "$work/in"
    examples "$source" >"$work/examples"
    command= status=0
    exec 5<"$work/examples"
    while IFS= read -r text <&5; do
        case $text in
        '$ '*)
            finish
            command=${text#'$ '}
            status=0
            : >"$work/want"
            case $command in
            *'# exit status '*)
                status=${command##*'# exit status '}
                command=${command%%'# exit status '*}
                ;;
            esac
            ;;
        *) [ -z "$command" ] || printf '%s\n' "$text" >>"$work/want" ;;
        esac
    done
    finish
done

if sh "$srcdir/scripts/make_man" "$build" "$work/man" >"$work/out" 2>&1; then
    for source in "$srcdir"/man/*.in; do
        page=$(basename "$source" .in)
        if cmp -s "$srcdir/man/$page" "$work/man/$page"; then
            good
        else
            bad "man/$page is not fresh: sh scripts/make_man BUILD"
            diff "$srcdir/man/$page" "$work/man/$page" | sed -n '1,10s/^/    /p'
        fi
        if command -v groff >/dev/null; then
            complaint=$(groff -man -Tutf8 -ww -z "$work/man/$page" 2>&1)
            if [ -z "$complaint" ]; then good; else bad "groff: $complaint"; fi
        else
            skipped=$((skipped + 1))
            echo "SKIP: $page through groff, groff is not installed"
        fi
    done
else
    bad "make_man: $(cat "$work/out")"
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]

#!/bin/sh
# The manual's table of transfer syntaxes (man/dicom.inc) is true: an image coded in each of them is
# read, one that lost nothing gives the voxels of the plain image, one that may have lost something
# says so. DCMTK's tools make the files; JPEG 2000 and deflated frames, which they
# cannot, come from the shared data.
set -u
build=$(pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/mi-syntax.XXXXXX") || exit 70
trap 'rm -rf "$work"' EXIT
LC_ALL=C PATH=$build:$build/tests/kit:$PATH
export LC_ALL PATH
shared=${MI_SHARED:-$srcdir/../shared}/data/dicom
passed=0 failed=0 skipped=0
good() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAIL: $*"; }
skip() { skipped=$((skipped + 1)); echo "SKIP: $*"; }
cd "$work" || exit 70
make-dicom ct ct || exit 70
plain=ct/CT003.dcm
if mi-info $plain 2>&1 | grep -q 'module mi-dicom is not part'; then
    echo "SKIP: transfer syntaxes, the module mi-dicom is not part of this build"
    exit 77
fi

# coder UID: the command that codes $plain as coded
coder() {
    case $1 in
    1.2) echo dcmconv +ti ;;
    1.2.1) echo dcmconv +te ;;
    1.2.1.99) echo dcmconv +td ;;
    1.2.2) echo dcmconv +tb ;;
    1.2.4.50) echo dcmcjpeg +eb ;;
    1.2.4.51) echo dcmcjpeg +ee ;;
    1.2.4.53) echo dcmcjpeg +es ;;
    1.2.4.55) echo dcmcjpeg +ep ;;
    1.2.4.57) echo dcmcjpeg +el ;;
    1.2.4.70) echo dcmcjpeg +e1 ;;
    1.2.4.80) echo dcmcjpls +el ;;
    1.2.4.81) echo dcmcjpls +en ;;
    1.2.5) echo dcmcrle ;;
    esac
}

sed -n '/^Transfer syntaxes:/,/^\.fi/p' "$srcdir/man/dicom.inc" | grep '^[0-9]' >table
[ "$(wc -l <table)" -ge 15 ] && good || bad "no table of transfer syntaxes in man/dicom.inc"
while read -r uid words; do
    reference=$plain
    set -- $(coder "$uid")
    rm -f coded
    if [ $# -eq 0 ]; then
        reference=$shared/ct_transfer_syntaxes/LittleEndianExplicit_1.2.840.10008.1.2.1.dcm
        set -- "$shared"/ct_transfer_syntaxes/*_1.2.840.10008."$uid".dcm
        if [ "$uid" = 1.2.8.1 ]; then
            reference=$shared/single/liver_rle.dcm
            set -- "$shared/single/liver_deflate.dcm"
        fi
        if [ ! -r "$1" ]; then
            skip "transfer syntax $uid: the shared data are not there (MI_SHARED)"
            continue
        fi
        cp "$1" coded
    elif ! command -v "$1" >/dev/null; then
        skip "transfer syntax $uid: $1 is not installed"
        continue
    elif ! "$@" $plain coded 2>err; then
        bad "$*: $(head -n 1 err)"
        continue
    fi
    mi-preproc --no-provenance --plain "$reference" >want.nii
    if mi-preproc --no-provenance --plain coded >got.nii 2>err; then good; else bad "$uid $words: $(cat err)"; fi
    case $words in
    *lossy*) if grep -q 'compressed with loss' err; then good; else bad "$uid $words: loss is not told"; fi ;;
    *) if cmp -s want.nii got.nii && [ ! -s err ]; then good; else bad "$uid $words: other voxels; $(cat err)"; fi ;;
    esac
done <table
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]

#!/bin/sh
# Other programs open what mi-preproc writes: nibabel, SimpleITK and nifti_tool. What they read is held against
# what they themselves make of the input (foreign_readers.py). They are found in the python of MI_PEERS (its
# folder tools/bin), else python3, and on the PATH; what is not there is skipped by name. Runs in the build folder.
set -u
build=$(pwd)
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/mi-foreign.XXXXXX") || exit 70
trap 'rm -rf "$work"' EXIT
LC_ALL=C PATH=$build:$build/tests/kit:$PATH
export LC_ALL PATH
unset MI_THREADS MI_LOG
passed=0 failed=0 skipped=0
good() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAIL: $*"; }
skip() { skipped=$((skipped + 1)); echo "SKIP: $*"; }
python=${MI_PEERS:+$MI_PEERS/tools/bin/python}
[ -x "$python" ] || python=python3
cd "$work" || exit 70

# task WHAT IN OUT [WORDS...]: a line for foreign_readers.py
task() { printf '%s\n' "$*" >>tasks; }
# make NAME OPTIONS...: NAME.nii, an image that lies obliquely, with words of another program
make() {
    name=$1
    shift
    make-image "$name.nii" size=13,11,7 affine=-0.78,-0.3,0,41.5,0.26,-0.9,0,-17.25,0,0,2.5,803 \
        spacing=0.8222,0.9487,2.5 noise=0,120 extension="words of another program" "$@"
}
# ours WHAT IN OUT STEPS...: mi-preproc, and the task
ours() {
    task "$1" "$2" "$3"
    what="mi-preproc $*" from=$2 to=$3
    shift 3
    if mi-preproc -q "$@" "$from" -o "$to" 2>why; then good; else bad "$what: $(head -n 1 why)"; fi
}

for version in 1 2; do
    for big in 0 1; do
        for type in uint8 int8 uint16 int16 uint32 int32 uint64 int64 float32 float64; do
            make $type-$version-$big type=$type version=$version big=$big sform=$((1 + big)) qform=0
            ours same $type-$version-$big.nii $type-$version-$big-own.nii
            ours same $type-$version-$big.nii $type-$version-$big-plain.nii --plain
        done
    done
done
make scaled type=int16 slope=0.25 inter=-3
make scaledbig type=uint8 slope=2 inter=-1024 big=1 version=2
make whole type=int16
make real type=float32
for in in scaled scaledbig whole real; do
    ours same $in.nii $in-gz.nii.gz
    ours clip:5:20 $in.nii $in-clip.nii --clip 5:20
    ours rescale:0.5:-7 $in.nii $in-rescale.nii --rescale 0.5,-7
    for axes in RAS LPI SAR PIL; do
        ours reorient:$axes $in.nii $in-$axes.nii --reorient $axes
        ours reorient:$axes $in.nii $in-$axes-plain.nii.gz --reorient $axes --plain
    done
    ours crop:2:9:0:11:3:6 $in.nii $in-crop.nii --crop 2:9,:,3:6
    ours pad:1:2:3:-1000 $in.nii $in-pad.nii --pad 1,2,3 --pad-value -1000
done

# Streams: other readers see the first item; a label map by itself keeps its type and labels.
mi-make-phantom tumour . && mi-preproc -q image.nii --mask mask.nii --mask mask.nii >bundle.nii 2>why || bad "a bundle: $(cat why)"
task same image.nii bundle.nii
cat image.nii mask.nii | mi-preproc -q --plain >first.nii
task same image.nii first.nii
ours same mask.nii labels.nii --as-mask
task labels mask.nii labels.nii
ours reorient:SAR mask.nii labels-SAR.nii.gz --as-mask --reorient SAR
task labels mask.nii labels-SAR.nii.gz
make-image wide.nii size=33000,2,2 type=int16 noise=0,9 version=2
ours same wide.nii wide-own.nii
task history bundle.nii bundle.nii

# What comes from a scanner
make-dicom ct ct
if mi-preproc -q ct -o ct.nii 2>why; then
    task dicom ct ct.nii
    mi-preproc -q ct -o packed.nii.gz && task dicom ct packed.nii.gz
    if command -v dcm2niix >/dev/null; then
        dcm2niix -z n -b n -f theirs -o . ct >told 2>&1 || bad "dcm2niix: $(tail -n 1 told)"
        task as-theirs theirs.nii ct.nii
    else
        skip "the import of dcm2niix, it is not installed"
    fi
elif grep -q 'module mi-dicom is not part' why; then
    skip "a DICOM series, the module mi-dicom is not part of this build"
else
    bad "a DICOM series: $(cat why)"
fi

"$python" "$here/foreign_readers.py" tasks >told 2>&1
code=$?
sed '/ passed, .* failed/d' told
count=$(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p' told)
if [ -z "$count" ]; then
    if [ $code -eq 127 ]; then skip "nibabel and SimpleITK, there is no python3"; else bad "foreign_readers.py ended with $code"; fi
else
    # shellcheck disable=SC2086
    set -- $count
    passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
fi

if command -v nifti_tool >/dev/null; then
    while read -r _ _ out; do
        # it looks at headers of NIfTI-1 alone
        [ "$(gzip -dcf "$out" | od -An -tu1 -N 4 | tr -d ' ')" = 92100 ] || continue
        if nifti_tool -check_hdr -check_nim -infiles "$out" >told 2>&1 && grep -q 'header IS GOOD' told &&
            grep -q 'nifti_image IS GOOD' told; then
            good
        else
            bad "nifti_tool on $out: $(head -n 3 told)"
        fi
    done <tasks
    nifti_tool -disp_exts -infiles whole-clip.nii >told 2>&1
    if grep -q 'words of another program' told && grep -q '{"mi":{' told; then good; else bad "nifti_tool -disp_exts: $(cat told)"; fi
else
    skip "nifti_tool, it is not installed"
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ] && [ $passed -gt 0 ]

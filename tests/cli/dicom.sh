#!/bin/sh
# The tools on folders from a scanner: rubbish is sorted out, contours and segments are regions, SUV, a tilted gantry, one object on stdin; chains give the features that
# steps through files give.
set -u
build=$(pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/mi-dicom.XXXXXX") || exit 70
trap 'rm -rf "$work"' EXIT
LC_ALL=C PATH=$build:$build/tests/kit:$PATH
export LC_ALL PATH
passed=0 failed=0
good() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAIL: $*"; }
holds() { if eval "$2"; then good; else bad "$1"; fi; }
# run STATUS COMMAND...: prints to out and err
run() {
    want=$1
    shift
    "$@" >out 2>err </dev/null
    code=$?
    if [ $code -eq "$want" ]; then good; else bad "$* ended with $code: $(head -n 2 err)"; fi
}
cd "$work" || exit 70
make-dicom rt rt && make-dicom tilt tilt && make-dicom pet pet && make-dicom rubbish rubbish 600 || exit 70
if mi-info rt/CT001.dcm 2>&1 | grep -q 'module mi-dicom is not part'; then
    echo "SKIP: DICOM folders, the module mi-dicom is not part of this build"
    exit 77
fi

# 600 files of words, noise, zeros and cut objects, and a series among them
start=$(date +%s)
run 0 mi-preproc --list-series rubbish
holds "the series is not found: $(cat out)" 'grep -q "^4 .* CT  *12  64x48x12" out'
holds "the rest is not counted" 'grep -q "^4[0-9][0-9] files are no DICOM, 1[0-9][0-9] cannot be read" out'
# with little memory, where a sanitizer does not need all addresses there are
run 0 sh -c '(ulimit -v 600000 && mi-info --version) >/dev/null 2>&1 && ulimit -v 600000
    mi-preproc rubbish -o rubbish.nii'
holds "the damaged files are not told" 'grep -q "DICOM files in the folder cannot be read" err'
holds "sorting took longer than seconds" '[ $(($(date +%s) - start)) -le 20 ]'
make-dicom ct ct
run 0 mi-preproc --no-provenance ct -o ct.nii
run 0 mi-preproc --no-provenance rubbish -o rubbish2.nii
holds "the series differs from the one without rubbish" 'cmp -s ct.nii rubbish2.nii'

# Regions
run 0 mi-radiomics ct rt/contours.dcm --roi 'Box*' --features stat,morph
holds "not two regions" '[ "$(wc -l <out)" -eq 2 ]'
holds "Box has not its 2160 voxels" 'grep -q "\"name\":\"Box\",\"voxels\":2160" out'
holds "Box-Inner has not its 400 voxels" 'grep -q "\"name\":\"Box-Inner\",\"voxels\":400" out'
run 65 mi-radiomics ct rt/contours.dcm --roi 'box'
holds "the regions that there are are not named: $(cat err)" "grep -q \"1 'Box', 2 'Box-Inner', 3 'Far'\" err"
run 0 mi-radiomics rt rt/contours.dcm --roi Far --features stat
holds "a folder with its contours" 'grep -q "\"voxels\":100" out'

# Chains
steps='--clip -50:120 --crop-to-mask --margin 6mm'
# shellcheck disable=SC2086
{
    run 0 mi-preproc $steps ct --mask rt/contours.dcm --roi 'Box*' -o prepared.nii
    run 0 mi-radiomics prepared.nii --features stat,glcm --no-provenance
    sed 's/"[^"]*prepared[^"]*"/N/g; s/"case":[^,]*,//' out >by_file
    run 0 sh -c "mi-preproc $steps ct --mask rt/contours.dcm --roi 'Box*' | mi-radiomics - --features stat,glcm --no-provenance"
    sed 's/"-"/N/g; s/"case":[^,]*,//' out >by_pipe
    run 0 sh -c "mi-preproc --clip -50:120 ct --mask rt/contours.dcm --roi 'Box*' | mi-preproc --crop-to-mask --margin 6mm - | mi-radiomics - --features stat,glcm --no-provenance"
    sed 's/"-"/N/g; s/"case":[^,]*,//' out >by_two
}
holds "features of the chain and of files differ: $(diff by_file by_pipe | head -c 400)" '[ -s by_file ] && cmp -s by_file by_pipe'
holds "features of the longer chain differ: $(diff by_file by_two | head -c 400)" 'cmp -s by_file by_two'
run 0 sh -c "mi-preproc --clip -50:120 ct --mask rt/contours.dcm --roi Box | mi-preproc --crop-to-mask - | mi-radiomics - --features stat"
holds "the history of all steps is not in the record" 'grep -q "\"op\":\"clip\".*\"op\":\"crop.*\"tool\":\"mi-radiomics\"" out'

# Four tools on a pipe, or a file behind each: the whole records are the same bytes but for the names of what was read
names() { sed 's/"name":"[^"]*"/"name":N/g; s/"\(image\|mask\|case\)":"[^"]*"/"\1":N/g' "$1"; }
features() { sed 's/.*"features":{\([^}]*\)}.*/\1/' "$1"; }
make-image m.nii.gz size=64,48,12 affine=-1.5,0,0,10,0,-2,0,20,0,0,3,0 spacing=1.5,2,3 type=uint8 \
    box=1,20,15,3,44,33,9 ball=2,6,32,24,6 gz=1
for scan in "rt --clip -900:200" "pet --suv bw"; do
    # shellcheck disable=SC2086
    {
        run 0 sh -c "mi-preproc $scan --mask m.nii.gz | mi-preproc --reorient RSA - | mi-preproc --crop-to-mask --margin 8 | mi-preproc --rescale 2,1 - | mi-radiomics -"
        cp out pipe
        run 0 mi-preproc $scan --mask m.nii.gz -o a.nii.gz --force
        run 0 mi-preproc --reorient RSA a.nii.gz -o b.nii --force
        run 0 mi-preproc --crop-to-mask --margin 8 b.nii -o c.nii.gz --force
        run 0 mi-preproc --rescale 2,1 c.nii.gz -o d.nii --force
        run 0 mi-radiomics d.nii
        names out >files
        holds "$scan: records of the pipe and of files differ" '[ "$(wc -l <pipe)" -eq 2 ] && names pipe | cmp -s - files'
        grep -o '"tool":"[a-z-]*"\|"op":"[a-z-]*"' pipe | head -n 9 | tr -d '\n"' >steps
        step=clip
        [ "${scan%% *}" = pet ] && step=suv
        holds "$scan: the history is $(cat steps)" '[ "$(cat steps)" = "tool:mi-preprocop:${step}tool:mi-preprocop:reorienttool:mi-preprocop:croptool:mi-preprocop:rescaletool:mi-radiomics" ]'
        features pipe >want
        # by way of NIfTI first where the step needs no DICOM, and in one process
        if [ "${scan%% *}" = rt ]; then
            run 0 mi-preproc rt -o imported.nii --plain --force
            run 0 sh -c "mi-preproc --clip -900:200 imported.nii --mask m.nii.gz | mi-preproc --reorient RSA - | mi-preproc --crop-to-mask --margin 8 | mi-preproc --rescale 2,1 - | mi-radiomics -"
            features out >got
            holds "features by way of a plain NIfTI file differ" 'cmp -s want got'
        fi
        run 0 sh -c "mi-preproc --steps suv,clip,reorient,crop,rescale $scan --mask m.nii.gz --reorient RSA --crop-to-mask --margin 8 --rescale 2,1 | mi-radiomics -@ 2 -"
        features out >got
        holds "$scan: features of one process differ" 'cmp -s want got'
    }
done
run 0 mi-radiomics rt m.nii.gz
features out >want
run 0 sh -c "mi-preproc rt --mask m.nii.gz | mi-preproc | mi-radiomics -"
features out >got
holds "a folder and its import give other features" '[ -s want ] && cmp -s want got'

# One object on stdin
run 0 sh -c 'cat ct/CT005.dcm | mi-preproc - -o one.nii'
run 0 sh -c 'mi-preproc - -o two.nii <ct/CT005.dcm'
run 0 mi-preproc --no-provenance ct/CT005.dcm -o three.nii
holds "one object by name or on stdin" 'cmp -s one.nii two.nii && [ "$(tail -c 6144 one.nii | cksum)" = "$(tail -c 6144 three.nii | cksum)" ]'

# SUV
run 0 mi-preproc --suv bw pet -o suv.nii
holds "the path of SUV is not told" 'grep -a -q "\"suv_path\":\"BQML; decay START; series time; SUV bw\"" suv.nii && grep -a -q "\"unit\":\"g/ml\"" suv.nii'
run 65 mi-preproc --suv bw ct -o none.nii
holds "SUV of a CT leaves a file" '[ ! -e none.nii ]'

# A tilted gantry
run 0 mi-preproc tilt -o sheared.nii
holds "the tilt is not told" 'grep -q "gantry was tilted by 9.46 degrees" err'
run 0 mi-preproc --untilt tilt -o straight.nii
run 0 mi-info --json straight.nii
holds "the straight grid is not 64 x 51 x 12 of 3 mm" 'tr -d " \n" <out | grep -q "\"size\":\[64,51,12\],\"spacing\":\[1.5,2,3\]"'

# Two series
mkdir both && cp ct/* pet/* both
run 65 mi-preproc both -o x.nii
holds "both series are not listed: $(cat err)" 'grep -q "CT number 4.*PT number 5" err'
run 0 mi-preproc --list-series --json both
holds "the list is no JSON of two series" '[ "$(grep -c "\"series\":" out)" -eq 2 ]'
run 0 mi-preproc --series 5 both -o x.nii
run 66 mi-preproc --series 6 both -o y.nii

echo "$passed passed, $failed failed, 0 skipped"
[ $failed -eq 0 ] && [ $passed -gt 0 ]

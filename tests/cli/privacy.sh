#!/bin/sh
# Of DICOM objects in which every attribute that could identify somebody is filled, nothing of it leaves the tools unless it is asked for: no name, number, birth date, free
# text, date or time; UIDs as digests, which a key changes.
set -u
build=$(pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/mi-privacy.XXXXXX") || exit 70
trap 'rm -rf "$work"' EXIT
LC_ALL=C PATH=$build:$build/tests/kit:$PATH
export LC_ALL PATH
passed=0 failed=0
good() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAIL: $*"; }
cd "$work" || exit 70
make-dicom private p || exit 70
if mi-info p/CT001.dcm 2>&1 | grep -q 'module mi-dicom is not part'; then
    echo "SKIP: privacy, the module mi-dicom is not part of this build"
    exit 77
fi
secret='xanadu\|19610203\|131415\|121415\|1\.2\.826\.0\.1\.777'

n=0
# run STATUS COMMAND...: what it prints is kept, and told of
run() {
    want=$1
    shift
    n=$((n + 1))
    "$@" >out.$n 2>err.$n </dev/null
    code=$?
    if [ $code -eq "$want" ]; then good; else bad "$* ended with $code: $(head -n 2 err.$n)"; fi
}
# Nothing secret in what was printed or written since the last look.
silent() {
    found=$(grep -a -i -l "$secret" out.* err.* *.nii *.json *.csv 2>/dev/null)
    if [ -z "$found" ]; then good; else bad "told: $(grep -a -i -o ".\{0,40\}\($secret\).\{0,20\}" $found | head -n 5)"; fi
    rm -f out.* err.* *.nii *.json *.csv
}

run 0 mi-preproc --list-series p
run 0 mi-preproc --list-series --json p
run 0 mi-info --series 4 p
run 0 mi-info --json --series 5 p
run 0 mi-info --csv --stats --series 4 p
for f in contours report segments; do
    run 0 mi-info p/$f.dcm
    run 0 mi-info --json p/$f.dcm
done
silent

run 0 mi-preproc --series 4 p -o ct.nii --mask p/contours.dcm --mask p/segments.dcm
run 0 mi-preproc --suv bw --series 5 p --mask p/contours.dcm -o pet.nii
run 0 mi-radiomics --series 4 p p/contours.dcm --roi 'Box*' --features stat -o a.json
run 0 mi-radiomics --series 5 p p/segments.dcm --features stat -o b.csv
run 0 mi-radiomics ct.nii --features stat
[ -s ct.nii ] && [ -s pet.nii ] && [ -s a.json ] && [ -s b.csv ] || bad "no products"
silent

# errors too
run 65 mi-preproc p -o x.nii
run 66 mi-preproc --series 9 p -o x.nii
run 65 mi-radiomics --series 4 p p/contours.dcm --roi nothing
run 65 mi-radiomics --log-format json --series 4 p p/contours.dcm --roi nothing
run 65 mi-preproc --suv bw --series 4 p -o x.nii
head -c 3000 p/PT003.dcm >p/PT013.dcm && rm p/PT003.dcm
run 65 mi-preproc --series 5 p -o x.nii
run 0 mi-preproc --list-series p
printf 'case,image,mask\na,p,p/contours.dcm\nb,p/CT008.dcm,p/contours.dcm\n' >batch.tsv
mv batch.tsv list
run 3 mi-radiomics --batch list --roi "Box*" --features stat
silent

# Names of files inside a folder were given by nobody: records name the folder. A message tells which
# file is at fault, unless --names hides it.
mkdir q r
make-dicom ct q && make-dicom rt r || exit 70
for f in q/*; do mv "$f" "q/Xanadu_${f#q/}"; done
mv r/contours.dcm r/Xanadu.dcm
rm r/CT*
run 0 mi-radiomics q r --roi Box --features stat.mean
if grep -q '"image":"q","roi":{"mask":"r"' out.$n; then good; else bad "record: $(head -c 300 out.$n)"; fi
run 0 mi-preproc q --mask r -o ct.nii
silent
sed 's/1\.2\.840\.10008\.1\.2\.1/1.2.3.4.5.6.7.8.999/' q/Xanadu_CT005.dcm >bad && mv bad q/Xanadu_CT005.dcm
printf 'case,image\na,q\n' >list
for names in given base hash; do
    case $names in
    given) told=q/Xanadu_CT005.dcm ;;
    base) told=' Xanadu_CT005.dcm' ;;
    hash) told=' sha256:' ;;
    esac
    for log in text json; do
        o="--names $names --log-format $log"
        [ $log = text ] || told=$(echo "$told" | tr -d ' ')
        run 69 mi-radiomics $o q --features stat
        run 69 mi-preproc $o q -o x.nii
        run 69 mi-radiomics $o --batch list --features stat
        for i in $((n - 2)) $((n - 1)) $n; do
            if grep -q "$told" err.$i && grep -q 'transfer syntax' err.$i; then good; else bad "--names $names tells: $(cat err.$i)"; fi
            if [ $names != hash ] && rm err.$i; then good; fi
        done
        if grep -q '"subject":"\(q\|sha256:.*\)"' out.$n; then good; else bad "no subject in the row: $(cat out.$n)"; fi
    done
done
silent

# Digests: of the UID itself, by hand
uid=1.2.826.0.1.777.4
digest=$(printf %s $uid | sha256sum | cut -c 1-16)
run 0 mi-preproc --list-series p
if grep -q "sha256:$digest" out.$n; then good; else bad "no plain digest of the series"; fi
run 0 mi-preproc --series $digest p -o ct.nii
if grep -a -q "\"series\":\"sha256:$digest\"" ct.nii; then good; else bad "the provenance names no series"; fi
printf 'a key\n' >key
printf 'another' >other
for k in key key other; do
    run 0 mi-preproc --list-series --uid-key $k p
    awk '$1 == 4 { print $2 }' out.$n >keyed.$n
done
a=$(cat keyed.$((n - 2))) b=$(cat keyed.$((n - 1))) c=$(cat keyed.$n)
if [ "$a" = "$b" ] && [ "$a" != "$c" ] && [ "$a" != "sha256:$digest" ] && [ -n "$a" ]; then good; else bad "keyed digests: $a $b $c"; fi
# HMAC-SHA-256 of the UID with the key "a key", as another program gives it
case $a in hmac:*) good ;; *) bad "a keyed digest is called $a" ;; esac
if command -v openssl >/dev/null; then
    mac=$(printf %s $uid | openssl dgst -sha256 -hmac 'a key' | sed 's/.* //' | cut -c 1-16)
    if [ "$a" = "hmac:$mac" ]; then good; else bad "keyed digest $a, openssl says $mac"; fi
fi
run 0 mi-preproc --uid-key key --series "$a" p -o ct2.nii
if grep -a -q "\"series\":\"$a\"" ct2.nii; then good; else bad "no keyed digest in the provenance"; fi
run 0 mi-radiomics --uid-key key --series 4 p p/contours.dcm --roi Box --features stat
if grep -q "\"series\":\"$a\"" out.$n; then good; else bad "no keyed digest in the record"; fi
silent
: >empty
run 78 mi-preproc --list-series --uid-key empty p
run 66 mi-preproc --list-series --uid-key nowhere p

# What is asked for is told, and only that
run 0 mi-preproc --list-series --keep-uids p
if grep -q " $uid " out.$n && ! grep -qi xanadu out.$n; then good; else bad "--keep-uids"; fi
run 0 mi-preproc --list-series --keep-descriptions p
if grep -q Xanadu out.$n && ! grep -q "$uid" out.$n; then good; else bad "--keep-descriptions"; fi
run 0 mi-info --json --keep-uids --keep-descriptions --series 4 p
if grep -q "\"series\": \"$uid\"" out.$n && grep -q '"description": "Xanadu' out.$n; then good; else bad "mi-info --keep-uids --keep-descriptions"; fi
run 0 mi-preproc --keep-uids --series 4 p -o ct3.nii
if grep -a -q "\"series\":\"$uid\"" ct3.nii; then good; else bad "--keep-uids in the provenance"; fi

echo "$passed passed, $failed failed, 0 skipped"
[ $failed -eq 0 ] && [ $passed -gt 0 ]

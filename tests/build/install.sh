#!/bin/sh
# make install puts tools, modules, man pages and share files where they belong, also below DESTDIR, and make uninstall
# takes them away again. An installed tool looks for its share files in MI_DATA, then where it was installed: the second is
# tried when the build's prefix lies in the build folder (as .ci/run configures it). Runs in the build folder.
set -eu
passed=0 failed=0 skipped=0
good() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAIL: $*"; }

unset MAKEFLAGS MAKELEVEL MFLAGS MI_DATA MI_MODULES
make=${MAKE:-make}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/root"
value() { sed -n "s/^$1 = //p" Makefile; } # of a configured variable
prefix=$(value prefix)

"$make" -s install DESTDIR="$tmp/root" >"$tmp/log" 2>&1 || { cat "$tmp/log"; bad "make install DESTDIR"; }
root="$tmp/root$prefix"
for tool in ./mi-*; do
    name=${tool#./}
    case $name in *.la | mi-make-phantom | 'mi-*') continue ;; esac
    if [ -x "$root/bin/$name" ]; then good; else bad "$name is not installed"; fi
    if [ -f "$root/share/man/man1/$name.1" ]; then good; else bad "$name.1 is not installed"; fi
done
for module in .libs/mi-*.so; do
    [ -f "$module" ] || continue
    if [ -f "$root/lib/mi/${module##*/}" ]; then good; else bad "$module is not installed"; fi
done
(cd "${srcdir:?}/share" && find . -mindepth 2 -type f) >"$tmp/share"
while read -r file; do
    if cmp -s "$srcdir/share/$file" "$root/share/mi/$file"; then good; else bad "$file is not installed"; fi
done <"$tmp/share"

# MI_DATA comes before all other places.
if [ -x "$root/bin/mi-radiomics" ] && [ -d "$root/share/mi/presets" ]; then
    cp "$root/share/mi/presets/ct.json" "$root/share/mi/presets/only-here.json"
    if MI_DATA="$root/share/mi" "$root/bin/mi-radiomics" --list-presets | grep -q only-here
    then good; else bad "MI_DATA is not looked into"; fi
fi

"$make" -s uninstall DESTDIR="$tmp/root" >"$tmp/log" 2>&1 || { cat "$tmp/log"; bad "make uninstall"; }
rm -f "$root/share/mi/presets/only-here.json"
left=$(find "$tmp/root" -type f -o -type l)
if [ -z "$left" ]; then good; else bad "left behind: $left"; fi

case $prefix in
"$PWD"/*)
    "$make" -s install >"$tmp/log" 2>&1 || { cat "$tmp/log"; bad "make install"; }
    cp "$prefix/share/mi/presets/ct.json" "$prefix/share/mi/presets/only-here.json"
    if "$prefix/bin/mi-radiomics" --list-presets | grep -q only-here
    then good; else bad "the installed tool does not find its share files"; fi
    # An installed tool opens the installed module; without it the answer is 69 and one line.
    printf 'NRRD0004\ntype: uchar\ndimension: 3\nsizes: 2 2 2\nspacings: 1 1 1\nencoding: raw\n\n12345678' >"$tmp/x.nrrd"
    status=0
    "$prefix/bin/mi-info" "$tmp/x.nrrd" >"$tmp/out" 2>"$tmp/err" || status=$?
    if [ -f "$prefix/lib/mi/mi-itk.so" ]; then wanted=0; else wanted=69; fi
    if [ $status -eq $wanted ]; then good; else bad "an NRRD file: status $status"; cat "$tmp/err"; fi
    rm -rf "$prefix"
    ;;
*)
    skipped=$((skipped + 1))
    echo "SKIP: an installed tool finds its share files, the prefix $prefix is not in the build folder"
    ;;
esac
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]

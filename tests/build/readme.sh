#!/bin/sh
# The README's first session works as typed: its lines run one after the other in one shell, in a folder that looks like a
# checkout after scripts/demo. Runs in the build folder.
set -eu
build=$PWD
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp/build/phantom"
./mi-make-phantom tumour "$tmp/build/phantom"
for tool in "$build"/mi-*; do
    case $tool in *.la | *-make-phantom) ;; *) ln -s "$tool" "$tmp/build/" ;; esac
done
{
    echo 'set -eu'
    sed -n '/^A first session/,/^Build by hand/s/^    \$ //p' "${srcdir:?}/README" | while read -r line; do
        printf '%s\n' "$line || { echo 'FAIL: line of the session'; exit 1; }"
    done
} >"$tmp/session"
lines=$(($(wc -l <"$tmp/session") - 1))
[ "$lines" -ge 5 ] || { echo "FAIL: no session in the README"; exit 1; }
if (cd "$tmp" && sh session >out 2>err); then
    passed=$lines failed=0
else
    passed=0 failed=$lines
    tail -n 5 "$tmp/out"
fi
# What the text promises of it.
say() { if [ "$1" = "$2" ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAIL: $3: $1"; fi; }
folder=$tmp/build/phantom
say "$(wc -l <"$folder/features.jsonl")" 1 "records"
say "$(grep -c '"status":"ok"' "$folder/features.jsonl")" 1 "good records"
say "$(grep -c '"preset":"ct"' "$folder/ct.jsonl")" 1 "records of the preset"
say "$(cat "$tmp/err")" "" "words on stderr"
echo "$passed passed, $failed failed, 0 skipped"
[ $failed -eq 0 ]

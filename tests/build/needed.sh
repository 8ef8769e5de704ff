#!/bin/sh
# What the built objects need. Tools stay small: no C++, no heavy library. Nothing may need FFTW (GPL), not even through
# another library. A module shows one symbol. Runs in the build folder.
set -eu
passed=0 failed=0 skipped=0
good() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAIL: $*"; }

needed() { readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'; }

for tool in ./mi-*; do
    case $tool in *.la | './mi-*') continue ;; esac
    case $(needed "$tool" | tr '\n' ' ') in
    *fftw* | *stdc++* | *[Ii][Tt][Kk]* | *dcm* | *blas* | *lapack* | *openvino*)
        bad "$tool needs $(needed "$tool" | tr '\n' ' ')" ;;
    *) good ;;
    esac
done
[ "$passed" -gt 0 ] || bad "no tool is built"

modules=0
for module in .libs/mi-*.so; do
    [ -f "$module" ] || continue
    modules=$((modules + 1))
    if { needed "$module"; ldd "$module"; } | grep -i fftw; then bad "$module needs FFTW"; else good; fi
    if needed "$module" | grep nifti; then bad "$module needs a NIfTI library"; else good; fi
    shown=$(nm -D --defined-only "$module" | sed 's/.* //' | tr '\n' ' ')
    if [ "$shown" = "mi_module_self " ]; then good; else bad "$module shows $shown"; fi
done
if [ $modules -eq 0 ]; then
    skipped=$((skipped + 1))
    echo "SKIP: libraries needed by modules, no module is built"
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]

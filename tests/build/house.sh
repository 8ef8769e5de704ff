#!/bin/sh
# The house as mi(7) and README tell it: which folder may include headers of which, no printing and no exit below src/cli,
# C++ only in src/shim, and lines of C within 100 columns. The last line is `N passed, N failed, N skipped`.
set -u
passed=0 failed=0
good() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAIL: $*"; }
cd "${srcdir:?}/src" || exit 70

# folder: folders whose headers it may include besides its own
rooms=
while IFS=: read -r folder others; do
    rooms="$rooms $folder"
    [ -d "$folder" ] || { bad "no folder src/$folder"; continue; }
    wrong=$(for file in "$folder"/*.[ch]*; do
        sed -n 's|^#include "\(.*\)/[^/]*".*|\1|p' "$file" | sort -u | while read -r used; do
            case " $folder $others " in *" $used "*) ;; *) echo "src/$file includes $used" ;; esac
        done
    done)
    if [ -z "$wrong" ]; then good; else bad "$wrong"; fi
done <<'END'
base:
image: base
shim: base image
io: base image shim
io/dicom: base image shim io
preproc: base image shim
radiomics: base image shim
radiomics/morph: base image radiomics
cli: base image shim io
tools: base image io cli radiomics preproc
END
for folder in $(find . -mindepth 2 -name '*.[ch]*' | sed 's|^\./||; s|/[^/]*$||' | sort -u); do
    case " $rooms " in *" $folder "*) good ;; *) bad "src/$folder is not in the table above" ;; esac
done

wrong=$(find . -name '*.c*' ! -path './cli/*' ! -path './tools/*' \
    -exec grep -nE '(^|[^a-z_])(v?printf|puts|putchar|exit|_exit|getenv|setlocale)\(' {} + | grep -v snprintf)
if [ -z "$wrong" ]; then good; else bad "the library prints, exits or reads the environment: $wrong"; fi

wrong=$(find . \( -name '*.cxx' -o -name '*.cpp' -o -name '*.cc' \) ! -path './shim/*')
if [ -z "$wrong" ]; then good; else bad "C++ outside src/shim: $wrong"; fi

wrong=$(find . ../tests \( -name '*.c' -o -name '*.h' -o -name '*.cxx' \) \
    -exec awk 'length($0) > 100 { print FILENAME ":" FNR ": " length($0) " columns" }' {} +)
if [ -z "$wrong" ]; then good; else bad "lines longer than 100 columns: $wrong"; fi

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]

# Tests of what is built: libraries needed, installation, the README's commands.
TESTS += tests/build/needed.sh tests/build/install.sh tests/build/modules.sh tests/build/readme.sh tests/build/house.sh
EXTRA_DIST += tests/build/needed.sh tests/build/install.sh tests/build/modules.sh tests/build/readme.sh tests/build/house.sh

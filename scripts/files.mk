EXTRA_DIST += scripts/build scripts/check scripts/count-tests scripts/demo scripts/fuzz scripts/setup

EXTRA_DIST += scripts/bench scripts/build scripts/check scripts/count-tests scripts/demo scripts/fuzz scripts/make_man scripts/setup

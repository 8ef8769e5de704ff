EXTRA_DIST += scripts/bench scripts/build scripts/check scripts/count-tests scripts/demo scripts/fuzz scripts/make_man scripts/setup \
  scripts/benchlib/__init__.py scripts/benchlib/imports.py scripts/benchlib/pipes.py scripts/benchlib/radiomics.py scripts/benchlib/timing.py

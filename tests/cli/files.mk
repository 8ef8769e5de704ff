# tests of tests/cli: TESTS, check_PROGRAMS, EXTRA_DIST

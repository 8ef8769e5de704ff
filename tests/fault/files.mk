# tests of tests/fault: TESTS, check_PROGRAMS, EXTRA_DIST

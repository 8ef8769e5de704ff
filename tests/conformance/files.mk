# tests of tests/conformance: TESTS, check_PROGRAMS, EXTRA_DIST

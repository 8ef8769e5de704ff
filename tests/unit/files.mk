# tests of tests/unit: TESTS, check_PROGRAMS, EXTRA_DIST

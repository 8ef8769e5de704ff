# Failing memory, reads and writes: a preloaded library and the program that walks through the calls.
check_LTLIBRARIES = tests/fault/preload.la
check_PROGRAMS += tests/fault/walk
TESTS += tests/fault/walk
tests_fault_preload_la_SOURCES = tests/fault/preload.c
tests_fault_preload_la_CPPFLAGS = -U_FORTIFY_SOURCE
tests_fault_preload_la_CFLAGS = -std=gnu11 -Wall -Wextra -fno-builtin-malloc
tests_fault_preload_la_LDFLAGS = -module -avoid-version -shared -rpath /nowhere
tests_fault_preload_la_LIBADD = -ldl
tests_fault_walk_SOURCES = tests/fault/walk.c

# Calls that fail: a library to preload (not under sanitizers, which bring an allocator of their own).
if !SANITIZERS
check_LTLIBRARIES = tests/fault/inject.la
tests_fault_inject_la_SOURCES = tests/fault/inject.c
tests_fault_inject_la_LDFLAGS = -module -avoid-version -shared -rpath /nowhere
tests_fault_inject_la_LIBADD = -ldl
endif
TESTS += tests/fault/inject.sh
EXTRA_DIST += tests/fault/inject.sh

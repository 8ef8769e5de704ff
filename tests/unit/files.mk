# Unit tests, one program per part. A new one: its name here, and the two lines of sources and libraries below.
unit_tests = test_itk
if HAVE_CHECK
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
else
TESTS += tests/unit/no_check.sh
endif
EXTRA_DIST += tests/unit/no_check.sh
unit_libs = libmi.la $(CHECK_LIBS)
AM_CPPFLAGS += $(CHECK_CFLAGS)

test_itk_SOURCES = tests/unit/test_itk.c
test_itk_LDADD = $(unit_libs)

AM_TESTS_ENVIRONMENT = MI_DATA='$(abs_top_srcdir)/share'; export MI_DATA; \
  MI_MODULES='$(abs_builddir)/.libs'; export MI_MODULES; \
  PATH='$(abs_builddir)':$$PATH; export PATH; srcdir='$(abs_top_srcdir)'; export srcdir; \
  if test -z "$$MI_SHARED" && test -d '$(abs_top_srcdir)/../shared'; then \
  MI_SHARED='$(abs_top_srcdir)/../shared'; export MI_SHARED; fi;
include tests/unit/files.mk
include tests/cli/files.mk
include tests/conformance/files.mk
include tests/fault/files.mk
include tests/build/files.mk
include tests/fuzz/files.mk
EXTRA_DIST += tests/README

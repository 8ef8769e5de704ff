# The proof of the numbers. Each program ends with "N passed, N failed, N skipped" and exits 77 when all was skipped.
conformance_reference = tests/conformance/reference.c tests/conformance/reference.h \
  tests/conformance/reference_chain.c tests/conformance/reference_hull.c \
  tests/conformance/reference_intensity.c tests/conformance/reference_mesh.c \
  tests/conformance/reference_morph.c tests/conformance/reference_texture.c \
  tests/conformance/reference_tone.c
conformance_support = tests/conformance/support.c tests/conformance/support.h \
  tests/conformance/nifti.c
conformance_libs = $(CJSON_LIBS) -lm
conformance_tests = tests/conformance/test_reference
check_PROGRAMS += $(conformance_tests)
TESTS += $(conformance_tests)

tests_conformance_test_reference_SOURCES = tests/conformance/test_reference.c \
  $(conformance_reference) $(conformance_support)
tests_conformance_test_reference_LDADD = $(conformance_libs)

# The proof of the numbers. Each program ends with "N passed, N failed, N skipped" and exits 77 when all was skipped.
conformance_reference = tests/conformance/reference.c tests/conformance/reference.h \
  tests/conformance/reference_box.c tests/conformance/reference_chain.c \
  tests/conformance/reference_hull.c tests/conformance/reference_intensity.c \
  tests/conformance/reference_mesh.c tests/conformance/reference_morph.c \
  tests/conformance/reference_texture.c tests/conformance/reference_tone.c
conformance_support = tests/conformance/support.c tests/conformance/support.h \
  tests/conformance/nifti.c
conformance_libs = $(CJSON_LIBS) -lm
conformance_tests = tests/conformance/test_reference tests/conformance/test_brute \
  tests/conformance/test_metamorphic tests/conformance/ibsi1 tests/conformance/ibsi_real \
  tests/conformance/facts tests/conformance/imaging
check_PROGRAMS += $(conformance_tests)
TESTS += $(conformance_tests)

tests_conformance_test_reference_SOURCES = tests/conformance/test_reference.c \
  $(conformance_reference) $(conformance_support)
tests_conformance_test_reference_LDADD = $(conformance_libs)

tests_conformance_test_brute_SOURCES = tests/conformance/test_brute.c \
  tests/conformance/random_case.c tests/conformance/random_case.h \
  $(conformance_reference) $(conformance_support)
tests_conformance_test_brute_LDADD = libmi.la $(conformance_libs)

tests_conformance_test_metamorphic_SOURCES = tests/conformance/test_metamorphic.c \
  $(conformance_support)
tests_conformance_test_metamorphic_LDADD = $(conformance_libs)

tests_conformance_ibsi1_SOURCES = tests/conformance/ibsi1.c $(conformance_support)
tests_conformance_ibsi1_LDADD = $(conformance_libs)

tests_conformance_ibsi_real_SOURCES = tests/conformance/ibsi_real.c $(conformance_support)
tests_conformance_ibsi_real_LDADD = $(conformance_libs)

tests_conformance_facts_SOURCES = tests/conformance/facts.c $(conformance_support)
tests_conformance_facts_LDADD = $(conformance_libs)

tests_conformance_imaging_SOURCES = tests/conformance/imaging.c \
  tests/conformance/imaging_support.c tests/conformance/imaging_support.h $(dicom_proof_support)
tests_conformance_imaging_LDADD = libmi.la $(conformance_libs)

EXTRA_DIST += $(conformance_settings)
conformance_settings = tests/conformance/settings/s1.json tests/conformance/settings/s2-ct.json \
  tests/conformance/settings/s2-mr.json tests/conformance/settings/s2-pet.json \
  tests/conformance/settings/s2-syn.json tests/conformance/settings/s3-ct.json \
  tests/conformance/settings/s3-mr.json tests/conformance/settings/s3-pet.json \
  tests/conformance/settings/s3-syn.json tests/conformance/settings/s3b-ct.json \
  tests/conformance/settings/s4-ct.json tests/conformance/settings/s4.json \
  tests/conformance/settings/s5-ct.json tests/conformance/settings/s5.json \
  tests/conformance/settings/s5b-ct.json

include tests/conformance/dicom.mk

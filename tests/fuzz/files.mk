# Fuzz targets for libFuzzer: built by `make fuzz` in a tree configured with --enable-fuzzing.
fuzz_targets = fuzz_json fuzz_source fuzz_text
EXTRA_DIST += tests/fuzz/fuzz_json.c tests/fuzz/fuzz_source.c tests/fuzz/fuzz_text.c
include tests/fuzz/dicom.mk
if FUZZING
EXTRA_PROGRAMS = $(fuzz_targets) $(dicom_fuzz_targets)
fuzz: $(fuzz_targets) $(dicom_fuzz_built)
.PHONY: fuzz
CLEANFILES += $(fuzz_targets) $(dicom_fuzz_targets)
endif
fuzz_ldflags = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_json_SOURCES = tests/fuzz/fuzz_json.c
fuzz_json_LDADD = libmi.la
fuzz_json_LDFLAGS = $(fuzz_ldflags)
fuzz_source_SOURCES = tests/fuzz/fuzz_source.c
fuzz_source_LDADD = libmi.la
fuzz_source_LDFLAGS = $(fuzz_ldflags)
fuzz_text_SOURCES = tests/fuzz/fuzz_text.c
fuzz_text_LDADD = libmi.la
fuzz_text_LDFLAGS = $(fuzz_ldflags)

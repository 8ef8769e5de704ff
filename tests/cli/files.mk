# Command-line cases: a folder each in tests/cli/cases/GROUP, run by tests/cli/run. A new group: a
# script like demo.sh here.
check_PROGRAMS += tests/cli/mi-demo tests/kit/check-schema
TESTS += tests/cli/contract.sh tests/cli/demo.sh tests/cli/every_tool.sh tests/cli/manual.sh tests/cli/radiomics.sh tests/cli/schema.sh tests/cli/warnings.sh
EXTRA_DIST += tests/cli/run tests/cli/contract.sh tests/cli/demo.sh tests/cli/every_tool.sh tests/cli/manual.sh tests/cli/radiomics.sh tests/cli/schema.sh tests/cli/warnings.sh tests/cli/cases
# streams and steps of mi-preproc
TESTS += tests/cli/preproc.sh
EXTRA_DIST += tests/cli/preproc.sh

tests_cli_mi_demo_SOURCES = tests/cli/demo_tool.c
tests_cli_mi_demo_LDADD = libmicli.la
tests_kit_check_schema_SOURCES = tests/kit/check_schema.c tests/kit/schema.c tests/kit/schema.h
tests_kit_check_schema_LDADD = $(CJSON_LIBS) -lm

# bad input
check_PROGRAMS += tests/kit/make-image
tests_kit_make_image_SOURCES = tests/kit/make_image.c tests/unit/make_nifti.c tests/unit/make_nifti.h
tests_kit_make_image_CPPFLAGS = -I$(top_srcdir)
tests_kit_make_image_LDADD = -lz
TESTS += tests/cli/bad_files.sh tests/cli/bad_input.sh
EXTRA_DIST += tests/cli/bad_files.sh tests/cli/bad_input.sh tests/cli/bad_input.table

# other programs read what is written
TESTS += tests/cli/foreign.sh
EXTRA_DIST += tests/cli/foreign.sh tests/cli/foreign_readers.py

# mi-info
TESTS += tests/cli/info.sh
EXTRA_DIST += tests/cli/info.sh

include tests/cli/dicom.mk

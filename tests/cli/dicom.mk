# The tools on DICOM folders that are made at test time.
check_PROGRAMS += tests/kit/make-dicom
tests_kit_make_dicom_SOURCES = tests/kit/make_dicom.c tests/kit/dicom_code.c tests/kit/dicom_code.h \
  tests/kit/dicom_pet.c tests/kit/dicom_pet.h tests/kit/dicom_write.c tests/kit/dicom_write.h tests/kit/bytes.h
tests_kit_make_dicom_CPPFLAGS = $(coded_cppflags)
tests_kit_make_dicom_LDADD = $(coded_codecs) -lz -lm
TESTS += tests/cli/sop_classes.sh tests/cli/dicom.sh tests/cli/privacy.sh
EXTRA_DIST += tests/cli/sop_classes.sh tests/cli/dicom.sh tests/cli/privacy.sh
# the table of transfer syntaxes in the manual
TESTS += tests/cli/transfer_syntaxes.sh
EXTRA_DIST += tests/cli/transfer_syntaxes.sh

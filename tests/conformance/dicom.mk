# DICOM: read by the library, PET through mi-preproc. Skipped where the module mi-dicom is left out.
dicom_proofs = tests/conformance/dicom tests/conformance/dicom_masks tests/conformance/dicom_pet \
  tests/conformance/dicom_bad
check_PROGRAMS += $(dicom_proofs)
TESTS += $(dicom_proofs)
dicom_proof_support = tests/conformance/dicom_support.c tests/conformance/dicom_support.h \
  $(conformance_support)

tests_conformance_dicom_SOURCES = tests/conformance/dicom.c $(dicom_proof_support)
tests_conformance_dicom_LDADD = libmi.la $(conformance_libs)
tests_conformance_dicom_masks_SOURCES = tests/conformance/dicom_masks.c $(dicom_proof_support)
tests_conformance_dicom_masks_LDADD = libmi.la $(conformance_libs)
tests_conformance_dicom_pet_SOURCES = tests/conformance/dicom_pet.c $(dicom_proof_support) \
  tests/kit/dicom_pet.c tests/kit/dicom_pet.h tests/kit/dicom_write.c tests/kit/dicom_write.h
tests_conformance_dicom_pet_LDADD = libmi.la $(conformance_libs) -lz
tests_conformance_dicom_bad_SOURCES = tests/conformance/dicom_bad.c $(dicom_proof_support)
tests_conformance_dicom_bad_LDADD = libmi.la $(conformance_libs)

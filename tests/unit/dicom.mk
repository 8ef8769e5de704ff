# The DICOM reader, on objects that the tests write.
unit_tests += test_dicom_series test_dicom_pixels test_dicom_seg test_dicom_rtstruct test_dicom_pet
dicom_support = tests/unit/dicom_case.c tests/unit/dicom_case.h tests/kit/dicom_write.c \
  tests/kit/dicom_write.h
dicom_libs = libmi.la $(CHECK_LIBS) -lz

test_dicom_series_SOURCES = tests/unit/test_dicom_series.c $(dicom_support)
test_dicom_series_LDADD = $(dicom_libs)
test_dicom_pixels_SOURCES = tests/unit/test_dicom_pixels.c $(dicom_support)
test_dicom_pixels_LDADD = $(dicom_libs)
test_dicom_seg_SOURCES = tests/unit/test_dicom_seg.c $(dicom_support)
test_dicom_seg_LDADD = $(dicom_libs)
test_dicom_rtstruct_SOURCES = tests/unit/test_dicom_rtstruct.c $(dicom_support)
test_dicom_rtstruct_LDADD = $(dicom_libs)
test_dicom_pet_SOURCES = tests/unit/test_dicom_pet.c tests/kit/dicom_pet.c tests/kit/dicom_pet.h \
  $(dicom_support)
test_dicom_pet_LDADD = $(dicom_libs)

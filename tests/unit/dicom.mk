# The DICOM reader, on objects that the tests write.
unit_tests += test_dicom_series test_dicom_pixels test_dicom_coded test_dicom_seg \
  test_dicom_rtstruct test_dicom_pet
dicom_support = tests/unit/dicom_case.c tests/unit/dicom_case.h tests/kit/dicom_write.c \
  tests/kit/dicom_write.h tests/kit/bytes.h
dicom_libs = libmi.la $(CHECK_LIBS) -lz

test_dicom_series_SOURCES = tests/unit/test_dicom_series.c $(dicom_support)
test_dicom_series_LDADD = $(dicom_libs)
test_dicom_pixels_SOURCES = tests/unit/test_dicom_pixels.c $(dicom_support)
test_dicom_pixels_LDADD = $(dicom_libs)
# What codes frames by the libraries that the module decodes them with, where they are there.
coded_support = tests/kit/dicom_code.c tests/kit/dicom_code.h $(dicom_support)
if HAVE_DICOM
coded_cppflags = $(AM_CPPFLAGS) $(OPENJPEG_CFLAGS) -DMI_TEST_CODECS
coded_codecs = $(OPENJPEG_LIBS)
else
coded_cppflags = $(AM_CPPFLAGS)
coded_codecs =
endif
coded_libs = $(dicom_libs) $(coded_codecs)
test_dicom_coded_SOURCES = tests/unit/test_dicom_coded.c $(coded_support)
test_dicom_coded_CPPFLAGS = $(coded_cppflags)
test_dicom_coded_LDADD = $(coded_libs)
test_dicom_seg_SOURCES = tests/unit/test_dicom_seg.c $(coded_support)
test_dicom_seg_CPPFLAGS = $(coded_cppflags)
test_dicom_seg_LDADD = $(coded_libs)
test_dicom_rtstruct_SOURCES = tests/unit/test_dicom_rtstruct.c $(dicom_support)
test_dicom_rtstruct_LDADD = $(dicom_libs)
test_dicom_pet_SOURCES = tests/unit/test_dicom_pet.c tests/kit/dicom_pet.c tests/kit/dicom_pet.h \
  $(dicom_support)
test_dicom_pet_LDADD = $(dicom_libs)

# The decoder of JPEG-LS beside CharLS, which is there when the module is.
if HAVE_DICOM
unit_tests += test_jpegls
endif
test_jpegls_SOURCES = tests/unit/test_jpegls.c tests/kit/jpegls.c tests/kit/jpegls.h \
  src/shim/jpegls.c src/shim/jpegls.h $(coded_support)
test_jpegls_CPPFLAGS = $(coded_cppflags)
test_jpegls_LDADD = $(coded_libs)

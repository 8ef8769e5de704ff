# The readers of DICOM, with the module mi-dicom linked in.
dicom_fuzz_targets = fuzz_dicom_series fuzz_dicom_seg fuzz_dicom_rtstruct fuzz_jpegls
EXTRA_DIST += tests/fuzz/dicom_fuzz.c tests/fuzz/dicom_fuzz.h tests/fuzz/dicom_marks.c \
  tests/fuzz/dicom_marks.h tests/fuzz/fuzz_dicom_rtstruct.c tests/fuzz/fuzz_dicom_seg.c \
  tests/fuzz/fuzz_dicom_series.c tests/fuzz/fuzz_jpegls.c
if HAVE_DICOM
dicom_fuzz_built = $(dicom_fuzz_targets)
endif
dicom_fuzz_module = tests/fuzz/dicom_fuzz.c src/shim/dicom_fragments.cxx src/shim/dicom_frame.cxx \
  src/shim/dicom_module.cxx src/shim/jpegls.c src/shim/jpegls.h
dicom_fuzz_libs = libmi.la $(DICOM_LIBS) $(CJSON_LIBS) -lm

fuzz_dicom_series_SOURCES = tests/fuzz/fuzz_dicom_series.c $(dicom_fuzz_module)
fuzz_dicom_series_CPPFLAGS = $(AM_CPPFLAGS) $(DICOM_CPPFLAGS)
fuzz_dicom_series_LDFLAGS = $(fuzz_ldflags)
fuzz_dicom_series_LDADD = $(dicom_fuzz_libs)
fuzz_dicom_seg_SOURCES = tests/fuzz/fuzz_dicom_seg.c tests/fuzz/dicom_marks.c $(dicom_fuzz_module)
fuzz_dicom_seg_CPPFLAGS = $(AM_CPPFLAGS) $(DICOM_CPPFLAGS)
fuzz_dicom_seg_LDFLAGS = $(fuzz_ldflags)
fuzz_dicom_seg_LDADD = $(dicom_fuzz_libs)
fuzz_dicom_rtstruct_SOURCES = tests/fuzz/fuzz_dicom_rtstruct.c tests/fuzz/dicom_marks.c \
  $(dicom_fuzz_module)
fuzz_dicom_rtstruct_CPPFLAGS = $(AM_CPPFLAGS) $(DICOM_CPPFLAGS)
fuzz_dicom_rtstruct_LDFLAGS = $(fuzz_ldflags)
fuzz_dicom_rtstruct_LDADD = $(dicom_fuzz_libs)
fuzz_jpegls_SOURCES = tests/fuzz/fuzz_jpegls.c tests/kit/jpegls.c tests/kit/jpegls.h src/shim/jpegls.c \
  src/shim/jpegls.h
fuzz_jpegls_LDFLAGS = $(fuzz_ldflags)
fuzz_jpegls_LDADD = libmi.la $(OPENJPEG_LIBS)

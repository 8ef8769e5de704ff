EXTRA_DIST += testdata/README testdata/ibsi_digital_phantom.csv testdata/ibsi1_values.csv testdata/ibsi1_diagnostics.csv \
  testdata/digital_phantom_texture_matrices.csv
noinst_PROGRAMS += mi-make-phantom
mi_make_phantom_SOURCES = testdata/make_phantom.c
mi_make_phantom_LDADD = -lm

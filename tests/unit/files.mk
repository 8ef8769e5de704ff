# Unit tests, one program per part. A new one: its name here, and the two lines of sources and libraries below.
unit_tests = test_itk test_source test_source_bad test_source_kinds test_source_shared test_texture test_base test_number test_json test_pool test_fft test_volume test_grid test_labels test_volume_write test_passed_on test_interpolate test_chain test_firstorder test_summary test_morph test_morph_mesh test_morph_solids
unit_tests += test_output test_values
include tests/unit/dicom.mk
if HAVE_CHECK
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
else
TESTS += tests/unit/no_check.sh
endif
EXTRA_DIST += tests/unit/no_check.sh
unit_libs = libmi.la $(CHECK_LIBS)
AM_CPPFLAGS += $(CHECK_CFLAGS)

test_output_SOURCES = tests/unit/test_output.c
test_output_LDADD = $(unit_libs)
test_values_SOURCES = tests/unit/test_values.c
test_values_LDADD = libmicli.la $(unit_libs)

test_itk_SOURCES = tests/unit/test_itk.c
test_itk_LDADD = $(unit_libs)
test_source_SOURCES = tests/unit/test_source.c tests/unit/make_nifti.c tests/unit/make_nifti.h
test_source_LDADD = $(unit_libs)
test_source_bad_SOURCES = tests/unit/test_source_bad.c tests/unit/make_nifti.c tests/unit/make_nifti.h
test_source_bad_LDADD = $(unit_libs)
test_source_kinds_SOURCES = tests/unit/test_source_kinds.c tests/unit/make_nifti.c tests/unit/make_nifti.h
test_source_kinds_LDADD = $(unit_libs)
test_source_shared_SOURCES = tests/unit/test_source_shared.c
test_source_shared_LDADD = $(unit_libs)

test_texture_SOURCES = tests/unit/test_texture.c
test_texture_LDADD = $(unit_libs)

test_base_SOURCES = tests/unit/test_base.c
test_base_LDADD = $(unit_libs)

test_number_SOURCES = tests/unit/test_number.c
test_number_LDADD = $(unit_libs)

test_json_SOURCES = tests/unit/test_json.c
test_json_LDADD = $(unit_libs)

test_pool_SOURCES = tests/unit/test_pool.c
test_pool_LDADD = $(unit_libs)

test_fft_SOURCES = tests/unit/test_fft.c
test_fft_LDADD = $(unit_libs)

test_volume_SOURCES = tests/unit/test_volume.c
test_volume_LDADD = $(unit_libs)

test_grid_SOURCES = tests/unit/test_grid.c
test_grid_LDADD = $(unit_libs)

test_labels_SOURCES = tests/unit/test_labels.c
test_labels_LDADD = $(unit_libs)

test_volume_write_SOURCES = tests/unit/test_volume_write.c tests/unit/make_nifti.c tests/unit/make_nifti.h
test_volume_write_LDADD = $(unit_libs)
test_passed_on_SOURCES = tests/unit/test_passed_on.c tests/unit/make_nifti.c tests/unit/make_nifti.h
test_passed_on_LDADD = $(unit_libs)

# the processing chain and the first-order families
chain_support = tests/unit/chain.c tests/unit/chain.h
test_interpolate_SOURCES = tests/unit/test_interpolate.c $(chain_support)
test_interpolate_LDADD = $(unit_libs)
test_chain_SOURCES = tests/unit/test_chain.c $(chain_support)
test_chain_LDADD = $(unit_libs)
test_firstorder_SOURCES = tests/unit/test_firstorder.c $(chain_support)
test_firstorder_LDADD = $(unit_libs)
test_summary_SOURCES = tests/unit/test_summary.c
test_summary_LDADD = $(unit_libs)
test_morph_SOURCES = tests/unit/test_morph.c
test_morph_LDADD = $(unit_libs)
test_morph_mesh_SOURCES = tests/unit/test_morph_mesh.c
test_morph_mesh_LDADD = $(unit_libs)
test_morph_solids_SOURCES = tests/unit/test_morph_solids.c
test_morph_solids_LDADD = $(unit_libs)

# mi-info's parts
unit_tests += test_info
test_info_SOURCES = tests/unit/test_info.c src/tools/info.h src/tools/info_gather.c src/tools/reading.c src/tools/info_text.c
test_info_LDADD = $(unit_libs)

# the operations of mi-preproc
unit_tests += test_preproc
test_preproc_SOURCES = tests/unit/test_preproc.c
test_preproc_LDADD = $(unit_libs)

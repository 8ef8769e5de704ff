bin_PROGRAMS += mi-radiomics
mi_radiomics_SOURCES = src/tools/mi_radiomics.c \
  src/tools/radiomics_case.h src/tools/radiomics_case.c src/tools/radiomics_targets.c \
  src/tools/radiomics_record.h src/tools/radiomics_record.c \
  src/tools/radiomics_list.h src/tools/radiomics_list.c src/tools/reading.h src/tools/reading.c
mi_radiomics_LDADD = libmicli.la

bin_PROGRAMS += mi-preproc
mi_preproc_SOURCES = src/tools/mi_preproc.c src/tools/preproc.h src/tools/preproc_read.c \
  src/tools/preproc_write.c src/tools/series_list.h src/tools/series_list.c \
  src/tools/reading.h src/tools/reading.c
mi_preproc_LDADD = libmicli.la
bin_PROGRAMS += mi-info
mi_info_SOURCES = src/tools/mi_info.c src/tools/info.h src/tools/info_gather.c src/tools/info_text.c \
  src/tools/reading.h src/tools/reading.c
mi_info_LDADD = libmicli.la

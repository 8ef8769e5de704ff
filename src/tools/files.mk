# bin_PROGRAMS += mi-radiomics
# mi_radiomics_SOURCES = src/tools/mi_radiomics.c
# mi_radiomics_LDADD = libmicli.la

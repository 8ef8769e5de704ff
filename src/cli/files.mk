# The command line: libmicli.la, linked by every tool.
noinst_LTLIBRARIES += libmicli.la
libmicli_la_SOURCES = src/cli/batch.h src/cli/tool.h src/cli/provenance.h
libmicli_la_LIBADD = libmi.la

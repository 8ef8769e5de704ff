# The command line: libmicli.la, linked by every tool.
noinst_LTLIBRARIES += libmicli.la
libmicli_la_SOURCES = src/cli/batch.h src/cli/provenance.h src/cli/shown.h src/cli/tool.h \
  src/cli/batch_internal.h src/cli/fingerprint.h src/cli/internal.h \
  src/cli/batch.c src/cli/batch_case.c src/cli/batch_table.c src/cli/common.c src/cli/config.c \
  src/cli/exit.c src/cli/fingerprint.c src/cli/flags.c src/cli/help.c src/cli/ledger.c src/cli/messages.c \
  src/cli/options.c src/cli/provenance.c src/cli/rows.c src/cli/shown.c src/cli/signals.c src/cli/slurp.c \
  src/cli/tool.c src/cli/usage.c src/cli/value.c src/cli/value_json.c
libmicli_la_LIBADD = libmi.la

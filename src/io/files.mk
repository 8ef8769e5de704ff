libmi_la_SOURCES += \
  src/io/format.h src/io/input.h src/io/output.c src/io/output.h src/io/record.c src/io/record.h src/io/share.c src/io/share.h src/io/source.h src/io/volume_write.h

libmi_la_SOURCES += \
  src/io/format.h src/io/input.h src/io/output.c src/io/output.h src/io/record.c src/io/record.h src/io/share.c src/io/share.h src/io/source.h src/io/volume_write.h
libmi_la_SOURCES += \
  src/io/formats.c src/io/found.c src/io/found.h src/io/input.c src/io/itk.c src/io/meta.c src/io/meta.h src/io/mgh.c \
  src/io/nifti.c src/io/nifti.h src/io/nifti_head.c src/io/nifti_parts.c src/io/raster.c src/io/raster.h src/io/source.c \
  src/io/volume_digest.c

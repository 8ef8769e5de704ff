libmi_la_SOURCES += \
  src/image/grid.h src/image/interpolate.h src/image/labels.h src/image/volume.h \
  src/image/grid.c src/image/interpolate.c src/image/labels.c src/image/volume.c
libmi_la_SOURCES += \
  src/image/contours.c src/image/contours.h src/image/pet.c src/image/pet.h \
  src/image/summary.c src/image/summary.h

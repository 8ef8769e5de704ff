libmi_la_SOURCES += \
  src/image/grid.h src/image/interpolate.h src/image/labels.h src/image/volume.h

libmi_la_SOURCES += \
  src/shim/itk.h src/shim/module.h

libmi_la_SOURCES += src/shim/dicom.h src/shim/itk.h src/shim/module.c src/shim/module.h

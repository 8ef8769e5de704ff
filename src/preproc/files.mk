libmi_la_SOURCES += src/preproc/suv.c src/preproc/suv.h

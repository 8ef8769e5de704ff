libmi_la_SOURCES += \
  src/radiomics/catalogue.h src/radiomics/family.h src/radiomics/region.h src/radiomics/settings.h

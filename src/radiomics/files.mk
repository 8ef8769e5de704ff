libmi_la_SOURCES += \
  src/radiomics/catalogue.h src/radiomics/family.h src/radiomics/region.h src/radiomics/settings.h \
  src/radiomics/discretise.c src/radiomics/facts.c src/radiomics/region.c src/radiomics/region_mask.c src/radiomics/settings.c src/radiomics/steps.h

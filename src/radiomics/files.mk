libmi_la_SOURCES += \
  src/radiomics/catalogue.h src/radiomics/family.h src/radiomics/region.h src/radiomics/settings.h \
  src/radiomics/discretise.c src/radiomics/facts.c src/radiomics/firstorder.c src/radiomics/firstorder.h src/radiomics/ih.c src/radiomics/ivh.c src/radiomics/peak.c src/radiomics/region.c src/radiomics/region_mask.c src/radiomics/settings.c src/radiomics/stat.c src/radiomics/steps.h src/radiomics/working.c
# textures
libmi_la_SOURCES += \
  src/radiomics/border.c src/radiomics/emphasis.c src/radiomics/emphasis.h src/radiomics/family.c \
  src/radiomics/glcm.c src/radiomics/glcm.h src/radiomics/glcm_count.c src/radiomics/gldzm.c \
  src/radiomics/glrlm.c src/radiomics/glrlm.h src/radiomics/glrlm_count.c src/radiomics/glszm.c \
  src/radiomics/kernel.h src/radiomics/levels.c src/radiomics/levels.h src/radiomics/matrices.c \
  src/radiomics/matrices.h src/radiomics/matrix.c src/radiomics/matrix.h src/radiomics/ngldm.c \
  src/radiomics/ngtdm.c src/radiomics/ngtdm.h src/radiomics/ngtdm_count.c src/radiomics/texture.c \
  src/radiomics/texture.h src/radiomics/zones.c src/radiomics/zones.h
# morphology
libmi_la_SOURCES += \
  src/radiomics/morph/autocorr.c src/radiomics/morph/autocorr.h \
  src/radiomics/morph/autocorr_fft.c src/radiomics/morph/box.c src/radiomics/morph/ellipsoid.c \
  src/radiomics/morph/hull.c src/radiomics/morph/hull.h src/radiomics/morph/hull_measure.c \
  src/radiomics/morph/hull_points.c src/radiomics/morph/mesh.c src/radiomics/morph/mesh.h \
  src/radiomics/morph/moments.c src/radiomics/morph/moments.h src/radiomics/morph/morph.c \
  src/radiomics/morph/rectangle.c src/radiomics/morph/rectangle.h src/radiomics/morph/shadow.c \
  src/radiomics/morph/shadow.h src/radiomics/morph/solids.h
libmi_la_SOURCES += src/radiomics/catalogue.c

libmi_la_SOURCES += src/shim/dicom.h src/shim/itk.h src/shim/module.c src/shim/module.h

# Modules: opened by shim/module.c at first use, never linked. Each holds its own copy of the few files
# of base and image that it needs, and shows one symbol.
# (Sanitizers are linked by the tool, so a sanitized module has undefined symbols.)
if SANITIZERS
module_defs =
else
module_defs = -no-undefined -Wl,-z,defs
endif
module_ldflags = -module -avoid-version -shared $(module_defs) -Wl,--as-needed \
  -Wl,--version-script=$(srcdir)/src/shim/module.map
EXTRA_DIST += src/shim/module.map
module_base = src/base/error.c src/base/json.c src/base/memory.c src/base/number.c src/base/text.c \
  src/base/warnings.c src/image/pet.c src/image/volume.c

if HAVE_ITK
pkglib_LTLIBRARIES += mi-itk.la
endif
mi_itk_la_SOURCES = src/shim/itk_guard.h src/shim/itk_header.cxx src/shim/itk_header.h \
  src/shim/itk_io.cxx src/shim/itk_io.h src/shim/itk_module.cxx $(module_base)
mi_itk_la_CPPFLAGS = $(AM_CPPFLAGS) $(ITK_CPPFLAGS)
mi_itk_la_LDFLAGS = $(module_ldflags)
mi_itk_la_DEPENDENCIES = src/shim/module.map
mi_itk_la_LIBADD = $(ITK_LIBS) $(CJSON_LIBS) -lz -lm

if HAVE_DICOM
pkglib_LTLIBRARIES += mi-dicom.la
endif
mi_dicom_la_SOURCES = src/shim/dicom_fragments.cxx src/shim/dicom_frame.cxx src/shim/dicom_module.cxx \
  src/shim/dicom_module.h src/shim/jpegls.c src/shim/jpegls.h $(module_base)
mi_dicom_la_CPPFLAGS = $(AM_CPPFLAGS) $(DICOM_CPPFLAGS)
mi_dicom_la_LDFLAGS = $(module_ldflags)
mi_dicom_la_DEPENDENCIES = src/shim/module.map
mi_dicom_la_LIBADD = $(DICOM_LIBS) $(CJSON_LIBS) -lm

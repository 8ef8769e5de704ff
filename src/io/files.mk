libmi_la_SOURCES += \
  src/io/format.h src/io/input.h src/io/output.c src/io/output.h src/io/record.c src/io/record.h src/io/share.c src/io/share.h src/io/source.h src/io/volume_write.h
libmi_la_SOURCES += \
  src/io/caret.c src/io/formats.c src/io/found.c src/io/found.h src/io/input.c src/io/itk.c src/io/meta.c src/io/meta.h src/io/mgh.c \
  src/io/nifti.c src/io/nifti.h src/io/nifti_head.c src/io/nifti_parts.c src/io/raster.c src/io/raster.h src/io/source.c \
  src/io/volume_digest.c
libmi_la_SOURCES += \
  src/io/dicom/format.c src/io/dicom/masks.c src/io/dicom/masks.h src/io/dicom/object.c \
  src/io/dicom/object.h src/io/dicom/pet.c src/io/dicom/pet.h src/io/dicom/pixels.c \
  src/io/dicom/pixels.h src/io/dicom/report.c src/io/dicom/report.h src/io/dicom/rois.c \
  src/io/dicom/rois.h src/io/dicom/rtstruct.c src/io/dicom/rtstruct.h src/io/dicom/scan.c \
  src/io/dicom/scan.h src/io/dicom/seg.c src/io/dicom/seg.h src/io/dicom/stack.c \
  src/io/dicom/stack.h
libmi_la_SOURCES += \
  src/io/nifti_make.c src/io/nifti_make.h src/io/nifti_words.c src/io/volume_write.c

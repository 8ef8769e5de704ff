libmi_la_SOURCES += \
  src/preproc/chain.c src/preproc/chain.h src/preproc/clip.c src/preproc/crop.c src/preproc/like.c \
  src/preproc/operation.h src/preproc/operations.c src/preproc/pad.c src/preproc/reorient.c \
  src/preproc/rescale.c src/preproc/suv.c src/preproc/suv.h src/preproc/suv_op.c \
  src/preproc/turn.c src/preproc/turn.h \
  src/preproc/untilt.c

libmi_la_SOURCES += \
  src/base/digest.h src/base/error.h src/base/fft.h src/base/fft_plan.h src/base/json.h src/base/lanes.h src/base/linalg.h src/base/memory.h src/base/number.h src/base/param.h src/base/pool.h src/base/round.h src/base/sum.h src/base/text.h src/base/version.h src/base/warnings.h \
  src/base/digest.c src/base/error.c src/base/fft.c src/base/fft_wide.c src/base/json.c src/base/linalg.c src/base/memory.c src/base/number.c src/base/pool.c src/base/text.c src/base/warning_codes.c src/base/warnings.c

# The pages are made by scripts/make_man from the .in files and the tables of the built tools, and
# kept (tests/cli/manual.sh says when they are stale).
dist_man_MANS += man/mi.7 man/mi-radiomics.1 man/mi-info.1 man/mi-preproc.1
EXTRA_DIST += man/mi.7.in man/mi-radiomics.1.in man/mi-info.1.in man/mi-preproc.1.in man/volumes.inc man/dicom.inc

# MI_APPEND_FLAGS(VARIABLE, FLAGS): append each flag that the C compiler takes without complaint.
AC_DEFUN([MI_APPEND_FLAGS], [
  for mi_flag in $2; do
    mi_saved_CFLAGS=$CFLAGS
    CFLAGS="$CFLAGS -Werror $mi_flag"
    AC_MSG_CHECKING([whether $CC takes $mi_flag])
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM()],
      [AC_MSG_RESULT([yes]); $1="$$1 $mi_flag"], [AC_MSG_RESULT([no])])
    CFLAGS=$mi_saved_CFLAGS
  done
])

# MI_MISSING(WHAT, DEBIAN PACKAGE): note what is missing. MI_REPORT_MISSING tells it all at once.
AC_DEFUN([MI_MISSING], [
  mi_missing="$mi_missing
    $1 (Debian package $2)"
  mi_packages="$mi_packages $2"
])
AC_DEFUN([MI_REPORT_MISSING], [
  AS_IF([test -n "$mi_missing"],
    [AC_MSG_ERROR([these are needed and were not found:$mi_missing
  install them with: apt-get install$mi_packages
  or let sh scripts/setup do it])])
])

# MI_NEED_PKG(PREFIX, MODULE, DEBIAN PACKAGE): a library known to pkg-config.
AC_DEFUN([MI_NEED_PKG], [
  PKG_CHECK_MODULES([$1], [$2], [], [MI_MISSING([$2], [$3])])
])

# MI_NEED_LIB(HEADER, LIBRARY, FUNCTION, DEBIAN PACKAGE): a library that pkg-config does not know.
AC_DEFUN([MI_NEED_LIB], [
  AC_CHECK_HEADER([$1], [
    AC_CHECK_LIB([$2], [$3], [:], [MI_MISSING([lib$2], [$4])], [-lznz -lz -lm])
  ], [MI_MISSING([$1], [$4])])
])

# MI_MODULE(NAME, WHAT FOR, DEBIAN PACKAGE, TEST): an optional module mi-NAME, opened at first use.
# TEST sets have_NAME to yes or no. --with-NAME makes it a requirement, --without-NAME leaves it out,
# neither takes what there is. Sets have_NAME and the conditional HAVE_NAME in capitals.
AC_DEFUN([MI_MODULE], [
  AC_ARG_WITH([$1], [AS_HELP_STRING([--without-$1], [leave out the module mi-$1 ($2)])],
    [], [with_$1=auto])
  have_$1=no
  AS_IF([test "$with_$1" != no], [$4])
  AS_IF([test "$with_$1" = yes && test "$have_$1" = no], [MI_MISSING([$2], [$3])])
  AM_CONDITIONAL(m4_toupper([HAVE_$1]), [test "$have_$1" = yes])
])

# MI_DCMTK: have_dicom is set to yes when DCMTK (whose dcmtk.pc asks for libraries that nothing here
# needs) OpenJPEG and CharLS are there. Sets DICOM_CPPFLAGS and DICOM_LIBS. The headers of DCMTK insist
# on the C++ that DCMTK was built with.
AC_DEFUN([MI_DCMTK], [
  PKG_CHECK_MODULES([OPENJPEG], [libopenjp2 charls], [
    DICOM_CPPFLAGS="$OPENJPEG_CFLAGS -DMI_OPENJPEG_VERSION='\"`$PKG_CONFIG --modversion libopenjp2`\"'"
    DICOM_CPPFLAGS="$DICOM_CPPFLAGS -DMI_CHARLS_VERSION='\"`$PKG_CONFIG --modversion charls`\"'"
    DICOM_LIBS="-ldcmjpeg -lijg8 -lijg12 -lijg16 -ldcmimage -ldcmimgle"
    DICOM_LIBS="$DICOM_LIBS -ldcmdata -li2d -loflog -lofstd $OPENJPEG_LIBS -lz"
    AC_LANG_PUSH([C++])
    AC_MSG_CHECKING([for DCMTK])
    mi_saved_LIBS=$LIBS mi_saved_CXXFLAGS=$CXXFLAGS
    LIBS="$DICOM_LIBS $LIBS" CXXFLAGS="$CXXFLAGS -std=gnu++17"
    AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <dcmtk/config/osconfig.h>
      #include <dcmtk/dcmdata/dctk.h>
      #include <dcmtk/dcmjpeg/djdecode.h>]],
        [[DcmFileFormat file; DJDecoderRegistration::registerCodecs();]])], [have_dicom=yes])
    LIBS=$mi_saved_LIBS CXXFLAGS=$mi_saved_CXXFLAGS
    AC_MSG_RESULT([$have_dicom])
    AC_LANG_POP([C++])
  ], [:])
  AC_SUBST([DICOM_CPPFLAGS])
  AC_SUBST([DICOM_LIBS])
])

# AX_ITK(COMPONENTS, [IF FOUND], [IF NOT]): flags to compile and link with ITK 5, which has no
# pkg-config file. Sets ITK_CPPFLAGS, ITK_LIBS, ITK_VERSION.
#
# CMake is asked when it is there. It answers with file names such as /usr/lib/libITKCommon-5.2.so.1;
# libtool moves such names before the objects, where --as-needed drops them, so they are turned into
# -L and -l. Without CMake (or when it does not answer) the headers are looked for under /usr and
# /usr/local, and COMPONENTS with the usual libraries below them are linked by name. What was found
# must compile and link a small program.
AC_DEFUN([AX_ITK], [
  ITK_CPPFLAGS= ITK_LIBS= ITK_VERSION=
  ax_itk_found=no
  AC_CHECK_PROG([CMAKE], [cmake], [cmake])
  AC_MSG_CHECKING([for ITK 5])
  AS_IF([test -n "$CMAKE"], [_AX_ITK_CMAKE([$1])])
  AS_IF([test -z "$ITK_VERSION"], [_AX_ITK_SEARCH([$1])])
  AS_IF([test -n "$ITK_VERSION"], [_AX_ITK_TRY])
  AS_IF([test $ax_itk_found = yes], [AC_MSG_RESULT([$ITK_VERSION])], [AC_MSG_RESULT([no])])
  AC_SUBST([ITK_CPPFLAGS])
  AC_SUBST([ITK_LIBS])
  AC_SUBST([ITK_VERSION])
  AS_IF([test $ax_itk_found = yes], [$2], [$3])
])

AC_DEFUN([_AX_ITK_CMAKE], [
  rm -rf conftest.itk
  AS_MKDIR_P([conftest.itk])
  cat >conftest.itk/CMakeLists.txt <<'_AXEOF'
cmake_minimum_required(VERSION 3.10)
project(conftest C CXX)
find_package(ITK 5 REQUIRED COMPONENTS $1)
set(libraries "")
foreach(lib IN LISTS ITK_LIBRARIES)
  if(TARGET ${lib})
    get_target_property(type ${lib} TYPE)
    if(NOT type STREQUAL "INTERFACE_LIBRARY")
      string(APPEND libraries "$<TARGET_LINKER_FILE:${lib}>\n")
    endif()
  endif()
endforeach()
file(GENERATE OUTPUT "${CMAKE_BINARY_DIR}/libraries.txt" CONTENT "${libraries}")
string(REPLACE ";" "\n" folders "${ITK_INCLUDE_DIRS}")
file(WRITE "${CMAKE_BINARY_DIR}/folders.txt" "${folders}\n")
file(WRITE "${CMAKE_BINARY_DIR}/version.txt" "${ITK_VERSION}\n")
_AXEOF
  AS_IF([(cd conftest.itk && CC="$CC" CXX="$CXX" $CMAKE .) >&AS_MESSAGE_LOG_FD 2>&1], [
    ITK_VERSION=`cat conftest.itk/version.txt`
    ITK_CPPFLAGS=`sort -u conftest.itk/folders.txt | \
      sed -e '/^$/d' -e '/^\/usr\/include$/d' -e 's/^/-isystem /' | tr '\n' ' '`
    ITK_LIBS=`sed -e '/^$/d' -e 's|^\(.*\)/lib\([[^/]]*\)\.so.*$|-L\1 -l\2|' \
      conftest.itk/libraries.txt | tr '\n' ' '`
  ])
  rm -rf conftest.itk
])

AC_DEFUN([_AX_ITK_SEARCH], [
  for ax_itk_root in /usr /usr/local; do
    for ax_itk_dir in "$ax_itk_root"/include/ITK-5.*; do
      AS_IF([test -z "$ITK_VERSION" && test -r "$ax_itk_dir/itkImage.h"], [
        ITK_VERSION=`echo "$ax_itk_dir" | sed 's/.*ITK-//'`
        ITK_CPPFLAGS="-isystem $ax_itk_dir"
        ITK_LIBS="-L$ax_itk_root/lib"
        for ax_itk_lib in $1 ITKMetaIO ITKNrrdIO ITKIOImageBase ITKCommon itksys itkvnl_algo itkvnl
        do
          AS_IF([test -r "$ax_itk_root/lib/lib$ax_itk_lib-$ITK_VERSION.so"],
            [ITK_LIBS="$ITK_LIBS -l$ax_itk_lib-$ITK_VERSION"])
        done
      ])
    done
  done
])

AC_DEFUN([_AX_ITK_TRY], [
  AC_LANG_PUSH([C++])
  ax_itk_CPPFLAGS=$CPPFLAGS ax_itk_LIBS=$LIBS ax_itk_CXXFLAGS=$CXXFLAGS
  CPPFLAGS="$CPPFLAGS $ITK_CPPFLAGS" LIBS="$ITK_LIBS $LIBS" CXXFLAGS="$CXXFLAGS -std=gnu++17"
  AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <itkImage.h>]],
      [[auto image = itk::Image<float, 3>::New(); image->Print(std::cout);]])],
    [ax_itk_found=yes])
  CPPFLAGS=$ax_itk_CPPFLAGS LIBS=$ax_itk_LIBS CXXFLAGS=$ax_itk_CXXFLAGS
  AC_LANG_POP([C++])
])

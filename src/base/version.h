#ifndef MI_BASE_VERSION_H
#define MI_BASE_VERSION_H
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0.1.0"
#endif
#define MI_VERSION PACKAGE_VERSION
#endif

/* Heavy libraries live in modules opened on first use: mi-itk.so, mi-dicom.so ... Looked for in
   MI_MODULES, then the installed folder. */
#ifndef MI_SHIM_MODULE_H
#define MI_SHIM_MODULE_H
#include "base/error.h"

#define MI_MODULE_ABI 2

/* Symbol under which a module exports its `const mi_module` (a name of its own: C has one space
   for types and variables). */
#define MI_MODULE_SYMBOL "mi_module_self"

/* What a module exports under MI_MODULE_SYMBOL: its ABI, name, library versions, and a table of
   functions of its own type. */
typedef struct mi_module {
    int abi;
    const char *name;      /* "mi-itk" */
    const char *libraries; /* "ITK 5.2.1" */
    const void *functions; /* const mi_itk_functions * (shim/itk.h) ... */
} mi_module;

/* Where to look before the installed folder (value of MI_MODULES; borrowed for the life of the
   process), set once by cli before any thread starts. */
void mi_module_path(const char *folder);
/* The module, opened at the first call and kept (thread-safe). MI_E_UNAVAILABLE with one clear
   line when it is absent from this build or of another version. */
const mi_module *mi_module_open(const char *name, mi_err *err);

#endif

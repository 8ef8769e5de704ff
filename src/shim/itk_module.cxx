/* Entry of the module mi-itk: the table that shim/module.c finds by name. */
#include <iostream>
#include <itkConfigure.h>
#include <itkObject.h>
extern "C" {
#include "shim/itk.h"
#include "shim/itk_io.h"
#include "shim/module.h"
}

#define TEXT_(x) #x
#define TEXT(x)  TEXT_(x)

namespace
{

/* ITK and MetaIO talk on the streams of C++; in a tool all words go through mi_err. */
struct silence {
    silence()
    {
        std::cout.rdbuf(nullptr);
        std::cerr.rdbuf(nullptr);
        itk::Object::SetGlobalWarningDisplay(false);
    }
};
const silence silent;

const mi_itk_functions functions = { mi_itk_read_file };

} // namespace

extern "C" {
extern const mi_module mi_module_self;
const mi_module mi_module_self = {
    MI_MODULE_ABI,
    "mi-itk",
    "ITK " TEXT(ITK_VERSION_MAJOR) "." TEXT(ITK_VERSION_MINOR) "." TEXT(ITK_VERSION_PATCH),
    &functions,
};
}

/* The fence of the module mi-itk: no exception of C++ crosses into C (C++ only). */
#ifndef MI_SHIM_ITK_GUARD_H
#define MI_SHIM_ITK_GUARD_H
#include <exception>
#include <new>
#include <string>
#include <itkMacro.h>
extern "C" {
#include "base/error.h"
}

namespace mi
{

/* Thrown inside the module when *err is set already. */
struct failed {
};

/* ITK's text without source positions and object addresses, as one line. */
inline std::string one_line(const char *text)
{
    std::string s(text ? text : "");
    size_t at = s.find("): ");
    if (at != std::string::npos && s.find("0x") < at)
        s.erase(0, at + 3);
    std::string out;
    for (char c : s) {
        if (c != '\n' && c != '\r' && c != '\t')
            out += c;
        else if (!out.empty() && out.back() != ' ')
            out += ' ';
    }
    while (!out.empty() && out.back() == ' ')
        out.pop_back();
    return out;
}

/* Run f; 0, or -1 with *err set. An exception of ITK is of class `cls`. */
template <typename F> int guarded(mi_err *err, mi_class cls, F &&f)
{
    try {
        f();
        return 0;
    } catch (const failed &) {
        return -1;
    } catch (const std::bad_alloc &) {
        return mi_fail(err, MI_E_MEMORY, nullptr, "memory is short");
    } catch (const itk::ExceptionObject &e) {
        return mi_fail(err, cls, nullptr, "%s", one_line(e.GetDescription()).c_str());
    } catch (const std::exception &e) {
        return mi_fail(err, MI_E_INTERNAL, nullptr, "%s", one_line(e.what()).c_str());
    } catch (...) {
        return mi_fail(err, MI_E_INTERNAL, nullptr, "an unknown exception in ITK");
    }
}

} // namespace mi

#endif

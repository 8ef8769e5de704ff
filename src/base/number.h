/* Numbers as text, in the C locale whatever the process locale is. */
#ifndef MI_BASE_NUMBER_H
#define MI_BASE_NUMBER_H
#include <stdbool.h>
#include <stddef.h>

#define MI_NUMBER_SIZE 32

/* The shortest decimal that reads back to the same double ("0.1", "1e+300", "-0" becomes "0").
   Whole numbers below 1e15 have no exponent. x must be finite. Returns out. */
const char *mi_number(double x, char out[MI_NUMBER_SIZE]);
/* For messages: rounded to at most `digits` (1 to 17) significant digits; "nan", "inf", "-inf"
   when not finite. Returns out. */
const char *mi_number_short(double x, int digits, char out[MI_NUMBER_SIZE]);

/* Whole string as a number; false when anything is left over, or the string is empty, or out of
   range. "inf", "-inf" are accepted, "nan" is not. */
bool mi_parse_double(const char *s, double *out);
bool mi_parse_int(const char *s, long long *out);
/* Like mi_parse_double; the rest behind the number (possibly "") goes to *rest. */
bool mi_parse_double_rest(const char *s, double *out, const char **rest);

#endif

/* JSON by cJSON, with numbers as raw items from our own formatter (cJSON's own do not round-trip
   doubles). */
#ifndef MI_BASE_JSON_H
#define MI_BASE_JSON_H
#include <stdbool.h>
#include <stdint.h>
#include <cjson/cJSON.h>
#include "base/error.h"

/* A number item that prints as mi_number() does; a non-finite x gives a null item. NULL when
   memory is short. */
cJSON *mi_json_number(double x);
/* The same for a whole number, all digits of it. */
cJSON *mi_json_integer(int64_t x);
/* Add to an object; `key` is borrowed for the life of the object (string literals, catalogue
   ids). false when memory is short, as it was when item_take is NULL. The object then keeps a
   mark that it is not whole and will not print, so a document may be put together without
   looking at each step. */
bool mi_json_add(cJSON *object, const char *key, cJSON *item_take);
bool mi_json_add_number(cJSON *object, const char *key, double x);
/* NULL s: nothing is added */
bool mi_json_add_string(cJSON *object, const char *key, const char *s);
bool mi_json_append(cJSON *array, cJSON *item_take); /* the same for an array */
/* Put an item into the place of a member that is there; without one, and when item_take is NULL,
   nothing is replaced and the object is not whole. (cJSON's own call loses the key when memory is
   short.) */
bool mi_json_replace(cJSON *object, const char *key, cJSON *item_take);
/* Is nothing missing in it or below it? */
bool mi_json_whole(const cJSON *item);
cJSON *mi_json_numbers(const double *x, int n);

/* Number, string and so on out of an item; cJSON raw items that hold a number count as numbers. */
bool mi_json_get_number(const cJSON *item, double *out);

/* Parse text of `len` bytes completely (trailing garbage refused). Error MI_E_CONFIG with line
   and column. */
cJSON *mi_json_parse(const char *text, size_t len, mi_err *err);
/* Read and parse a whole file (at most 64 MiB). Subject of an error is the path. */
cJSON *mi_json_read(const char *path, mi_err *err);

/* One line without blanks / indented by two, arrays of numbers on one line. Non-ASCII characters
   pass as they are unless `ascii`; bytes that are no UTF-8 become U+FFFD. Caller frees. NULL
   when memory is short or was short when the item was made. */
char *mi_json_line(const cJSON *item, bool ascii);
char *mi_json_pretty(const cJSON *item);

#endif

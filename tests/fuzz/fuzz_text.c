/* Any bytes as a number and as a pattern: what reads as a number is printed by the shortest decimal
   that reads back to it. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/number.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *s = malloc(size + 1);
    if (!s)
        return 0;
    memcpy(s, data, size);
    s[size] = '\0';
    double x, y;
    char out[MI_NUMBER_SIZE];
    if (mi_parse_double(s, &x) && isfinite(x) &&
        (!mi_parse_double(mi_number(x, out), &y) || x != y))
        abort();
    if (size >= sizeof x) {
        memcpy(&x, data, sizeof x);
        if (isfinite(x) && (!mi_parse_double(mi_number(x, out), &y) || x != y))
            abort();
    }
    if (size < 200) {
        size_t half = strlen(s) / 2;
        char *name = s + half + 1;
        s[half] = '\0';
        if (half > 0) {
            mi_glob(s, name);
            if (!mi_glob("*", name))
                abort();
        }
    }
    free(s);
    return 0;
}

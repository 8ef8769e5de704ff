/* Any bytes as JSON: what parses must print, and what was printed must parse to the same print. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mi_err err = MI_ERR_EMPTY;
    cJSON *item = mi_json_parse((const char *)data, size, &err);
    if (!item) {
        if (err.cls == MI_E_NONE || !err.message[0])
            abort();
        return 0;
    }
    char *line = mi_json_line(item, true);
    cJSON *again = line ? mi_json_parse(line, strlen(line), NULL) : NULL;
    char *second = again ? mi_json_line(again, true) : NULL;
    if (!second || strcmp(line, second) != 0)
        abort();
    free(second);
    free(line);
    cJSON_Delete(again);
    cJSON_Delete(item);
    return 0;
}

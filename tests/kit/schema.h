/* A small JSON Schema validator for tests: type, required, properties, patternProperties,
   additionalProperties, items, minItems, enum, const, minimum, maximum, pattern, and $ref to
   "#/definitions/NAME". A keyword it does not know is an error, so that no schema asks for what
   is not checked. */
#ifndef MI_TESTS_SCHEMA_H
#define MI_TESTS_SCHEMA_H
#include <stdbool.h>
#include <stddef.h>
#include <cjson/cJSON.h>

/* false: why[] tells the place and the reason. */
bool schema_check(const cJSON *schema, const cJSON *value, char *why, size_t size);

#endif

#include "radiomics/catalogue.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "base/text.h"

/* The order of keys in records. */
const mi_family *const mi_families[] = { &mi_family_morph, &mi_family_peak,  &mi_family_stat,
                                         &mi_family_ih,    &mi_family_ivh,   &mi_family_glcm,
                                         &mi_family_glrlm, &mi_family_glszm, &mi_family_gldzm,
                                         &mi_family_ngtdm, &mi_family_ngldm };
const int mi_n_families = MI_COUNT(mi_families);

mi_key *mi_catalogue(int *n, mi_err *err)
{
    size_t total = 0;
    for (int f = 0; f < mi_n_families; f++)
        total += (size_t)mi_families[f]->n_aggregations * (size_t)mi_families[f]->n_rows;
    mi_key *keys = mi_array(total, sizeof *keys, err), *k = keys;
    if (!keys)
        return NULL;
    for (int f = 0; f < mi_n_families; f++)
        for (int a = 0; a < mi_families[f]->n_aggregations; a++)
            for (int r = 0; r < mi_families[f]->n_rows; r++, k++) {
                const char *agg = mi_families[f]->aggregations[a].id;
                k->family = mi_families[f];
                k->agg = a;
                k->row = r;
                snprintf(k->text, sizeof k->text, "%s%s%s.%s", k->family->id, *agg ? "." : "", agg,
                         k->family->rows[r].id);
            }
    *n = (int)total;
    return keys;
}

static bool is_prefix(const char *pattern, const char *key)
{
    size_t n = strlen(pattern);
    return strncmp(pattern, key, n) == 0 && (key[n] == '.' || key[n] == '\0');
}

/* A pattern speaks of the whole key, of a part of it from the front, or of the key without its
   aggregation. */
static bool fits(const char *pattern, const mi_key *k)
{
    char bare[96];
    bool wild = strpbrk(pattern, "*?[") != NULL;
    snprintf(bare, sizeof bare, "%s.%s", k->family->id, k->family->rows[k->row].id);
    if (wild)
        return mi_glob(pattern, k->text) || mi_glob(pattern, bare);
    return is_prefix(pattern, k->text) || is_prefix(pattern, bare);
}

static bool aggregation_wanted(const mi_key *k, const mi_list *aggregations)
{
    const char *id = k->family->aggregations[k->agg].id;
    if (!*id || aggregations->n == 0)
        return true;
    for (int i = 0; i < aggregations->n; i++)
        if (strcmp(aggregations->item[i], id) == 0)
            return true;
    return false;
}

bool mi_key_wanted(const mi_key *k, const mi_list *patterns, const mi_list *aggregations)
{
    if (!aggregation_wanted(k, aggregations))
        return false;
    for (int i = 0; i < patterns->n; i++)
        if (fits(patterns->item[i], k))
            return true;
    return patterns->n == 0;
}

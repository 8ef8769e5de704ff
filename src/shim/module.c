/* The loader of modules: dlopen at first use, kept for the life of the process. */
#include "shim/module.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAX_MODULES 16

/* What is open. The one piece of state that outlives a call: a library can be loaded once only. */
static struct {
    pthread_mutex_t lock;
    const char *folder;
    const mi_module *module[MAX_MODULES];
    int n;
} loaded = { .lock = PTHREAD_MUTEX_INITIALIZER };

void mi_module_path(const char *folder)
{
    loaded.folder = folder;
}

/* File of a module in a folder; false when there is none (or the folder is not told). */
static bool module_file(const char *folder, const char *name, char *out, size_t size)
{
    if (!folder || !*folder)
        return false;
    int n = snprintf(out, size, "%s/%s.so", folder, name);
    return n > 0 && (size_t)n < size && access(out, R_OK) == 0;
}

static const mi_module *load(const char *name, mi_err *err)
{
    char path[4096];
    if (!module_file(loaded.folder, name, path, sizeof path) &&
        !module_file(MI_PKGLIBDIR, name, path, sizeof path)) {
        mi_fail(err, MI_E_UNAVAILABLE,
                "install a build that has it, or set MI_MODULES to the folder that holds it",
                "the module %s is not part of this build", name);
        return NULL;
    }
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        mi_fail(err, MI_E_UNAVAILABLE, "install the libraries that it was built with",
                "the module %s cannot be opened: %s", name, dlerror());
        return NULL;
    }
    const mi_module *m = dlsym(handle, MI_MODULE_SYMBOL);
    if (m && m->abi == MI_MODULE_ABI && strcmp(m->name, name) == 0)
        return m;
    mi_fail(err, MI_E_UNAVAILABLE, "tools and modules must come from the same build",
            "the module %s is of another version (%s)", name, path);
    dlclose(handle);
    return NULL;
}

const mi_module *mi_module_open(const char *name, mi_err *err)
{
    const mi_module *found = NULL;
    pthread_mutex_lock(&loaded.lock);
    for (int i = 0; i < loaded.n && !found; i++)
        if (strcmp(loaded.module[i]->name, name) == 0)
            found = loaded.module[i];
    if (!found && loaded.n == MAX_MODULES) {
        mi_fail(err, MI_E_INTERNAL, NULL, "more than %d modules", MAX_MODULES);
    } else if (!found) {
        found = load(name, err);
        if (found)
            loaded.module[loaded.n++] = found;
    }
    pthread_mutex_unlock(&loaded.lock);
    return found;
}

/* Small files as text. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/internal.h"

enum { MOST = 256 << 20 };

static int read_all(int fd, mi_text *out, mi_err *err)
{
    char buf[65536];
    for (;;) {
        ssize_t k = read(fd, buf, sizeof buf);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return mi_fail_input(err, errno, "cannot read");
        if (k == 0)
            return out->failed ? mi_fail(err, MI_E_MEMORY, NULL, "out of memory for the text") : 0;
        if (memchr(buf, 0, (size_t)k))
            return mi_fail(err, MI_E_DATA,
                           "it holds bytes of value 0: is it compressed, or UTF-16?",
                           "is not a text file");
        if (out->len + (size_t)k > MOST)
            return mi_fail(err, MI_E_DATA, NULL, "is larger than %d MiB", MOST >> 20);
        mi_text_addn(out, buf, (size_t)k);
    }
}

int mi_slurp(const char *path, mi_text *out, mi_err *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    struct stat st;
    int rc = -1, fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        mi_fail_input(err, errno, "cannot open");
    else if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
        mi_fail(err, MI_E_NOINPUT, mi_hint_of_errno(EISDIR), "is a folder");
    else
        rc = read_all(fd, out, err);
    if (fd >= 0 && !is_stdin)
        close(fd);
    if (rc != 0)
        mi_err_subject(err, path);
    return rc;
}

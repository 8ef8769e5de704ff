/* Bytes in. Two layers: raw bytes of the file descriptor in one buffer, and above it either
   those bytes as they are or what isa-l inflates from them. Large reads go straight to the
   caller's memory in both cases; nothing is held twice. */
#include "base/version.h" /* config.h first: it asks for the GNU names */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <isa-l/igzip_lib.h>
#include "base/memory.h"
#include "io/input.h"

enum {
    RAW_SIZE = 128 * 1024, /* compressed bytes per call of isa-l: with what they become, and what
                              it copies at each call, they stay in the second cache */
    DIRECT_SIZE = 16 * 1024, /* reads from here on go straight to the caller */
    PIPE_SIZE = 1 << 20,     /* room in a pipe, so that both ends work at once */
    SCRATCH_SIZE = 256 * 1024, /* inflated bytes that nobody wants */
    INFLATE_MAX = 1 << 30      /* isa-l counts in 32 bits */
};

struct mi_input {
    int fd;
    bool is_stdin, regular, raw_end;
    int64_t file_size; /* -1 unless regular */
    uint32_t isize;    /* last four bytes of a regular file */
    unsigned char *raw;
    size_t raw_pos, raw_len;
    int64_t raw_base; /* file offset of raw[0] */
    bool gzip, member, cut;
    bool
        gzip_from_start; /* all data so far came from gzip members, beginning with the first byte */
    struct inflate_state *z;
    unsigned char peeked[MI_INPUT_PEEK];
    unsigned char *ahead; /* inflated ahead of the caller: peeked, or allocated */
    size_t ahead_pos, ahead_len;
    unsigned char *scratch;
    int64_t offset;
    int64_t members, member_bytes,
        member_size; /* finished; bytes of the current one; common size of the finished, -1 none */
};

static int fail_errno(mi_err *err, int e, const char *what)
{
    if (e == ENOENT) /* a better hint may follow */
        return mi_fail(err, MI_E_NOINPUT, NULL, "no such file");
    return mi_fail_input(err, e, what);
}

static int inspect(mi_input *in, mi_err *err)
{
    struct stat st;
    if (fstat(in->fd, &st) != 0)
        return fail_errno(err, errno, "cannot look at it");
    if (S_ISDIR(st.st_mode))
        return mi_fail(err, MI_E_DATA, "name an image file", "is a folder, not an image");
#ifdef F_SETPIPE_SZ
    if (S_ISFIFO(st.st_mode))
        /* where it is not allowed the pipe works as it is */
        (void)!fcntl(in->fd, F_SETPIPE_SZ, PIPE_SIZE);
#endif
    in->regular = S_ISREG(st.st_mode) && !in->is_stdin;
    in->file_size = in->regular ? (int64_t)st.st_size : -1;
    unsigned char t[4];
    if (in->regular && st.st_size >= 4 && pread(in->fd, t, 4, st.st_size - 4) == 4)
        in->isize = t[0] | (uint32_t)t[1] << 8 | (uint32_t)t[2] << 16 | (uint32_t)t[3] << 24;
    return 0;
}

int mi_input_open(mi_input **out, const char *path, mi_err *err)
{
    *out = NULL;
    mi_input *in = mi_array_zero(1, sizeof *in, err);
    if (!in)
        return -1;
    in->fd = -1;
    in->ahead = in->peeked;
    in->member_size = -1;
    in->gzip_from_start = true;
    in->is_stdin = strcmp(path, "-") == 0;
    in->raw = mi_array(RAW_SIZE, 1, err);
    int rc = in->raw ? 0 : -1;
    if (rc == 0) {
        in->fd = in->is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
        rc = in->fd >= 0 ? inspect(in, err) : fail_errno(err, errno, "cannot open it");
    }
    if (rc == 0)
        rc = mi_input_boundary(in, err);
    if (rc == 0) {
        *out = in;
    } else {
        mi_input_close(in);
        mi_err_subject(err, path);
    }
    return rc;
}

/* What was inflated ahead is taken: its memory is not needed any more. */
static void drop_ahead(mi_input *in)
{
    if (in->ahead != in->peeked)
        free(in->ahead);
    in->ahead = in->peeked;
    in->ahead_pos = in->ahead_len = 0;
}

void mi_input_close(mi_input *in)
{
    if (!in)
        return;
    if (in->fd >= 0 && !in->is_stdin)
        close(in->fd);
    drop_ahead(in);
    free(in->raw);
    free(in->z);
    free(in->scratch);
    free(in);
}

/* read(2) that is not disturbed by signals. */
static ssize_t read_fd(mi_input *in, void *buf, size_t n, mi_err *err)
{
    ssize_t got;
    do
        got = read(in->fd, buf, n);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return fail_errno(err, errno, "reading failed");
    if (got == 0)
        in->raw_end = true;
    return got;
}

/* At least n raw bytes in the buffer unless the end comes before. The count that is there, or
   -1. */
static int64_t raw_need(mi_input *in, size_t n, mi_err *err)
{
    while (in->raw_len - in->raw_pos < n && !in->raw_end) {
        if (in->raw_pos == in->raw_len || RAW_SIZE - in->raw_pos < n) {
            memmove(in->raw, in->raw + in->raw_pos, in->raw_len - in->raw_pos);
            in->raw_base += (int64_t)in->raw_pos;
            in->raw_len -= in->raw_pos;
            in->raw_pos = 0;
        }
        ssize_t got = read_fd(in, in->raw + in->raw_len, RAW_SIZE - in->raw_len, err);
        if (got < 0)
            return -1;
        in->raw_len += (size_t)got;
    }
    return (int64_t)(in->raw_len - in->raw_pos);
}

/* Do the raw bytes ahead begin a gzip member (RFC 1952, 2.3.1)? 1, 0, -1 on a read error. */
static int raw_is_gzip(mi_input *in, mi_err *err)
{
    int64_t got = raw_need(in, 3, err);
    if (got < 0)
        return -1;
    const unsigned char *p = in->raw + in->raw_pos;
    return got >= 3 && p[0] == 0x1f && p[1] == 0x8b && p[2] == 8;
}

int mi_input_boundary(mi_input *in, mi_err *err)
{
    if (in->gzip && (in->member || in->ahead_pos < in->ahead_len || in->cut))
        return 0;
    int is = raw_is_gzip(in, err);
    if (is < 0)
        return -1;
    in->gzip = is;
    if (!is && in->raw_len > in->raw_pos)
        in->gzip_from_start = false;
    return 0;
}

static int member_begin(mi_input *in, mi_err *err)
{
    if (!in->z) {
        in->z = mi_array(1, sizeof *in->z, err);
        if (!in->z)
            return -1;
        isal_inflate_init(in->z);
    } else {
        isal_inflate_reset(in->z);
    }
    in->z->crc_flag = ISAL_GZIP;
    in->z->avail_in = 0;
    in->member = true;
    in->member_bytes = 0;
    return 0;
}

static void member_end(mi_input *in)
{
    in->member = false;
    if (in->members == 0)
        in->member_size = in->member_bytes;
    else if (in->member_size != in->member_bytes)
        in->member_size = -1;
    in->members++;
    in->member_bytes = 0;
}

static int fail_inflate(const mi_input *in, int rc, mi_err *err)
{
    const char *why = rc == ISAL_INCORRECT_CHECKSUM ? "the checksum is wrong"
                      : rc == ISAL_INVALID_WRAPPER || rc == ISAL_UNSUPPORTED_METHOD
                          ? "the header of a member is wrong"
                          : "the compressed data are wrong";
    return mi_fail(err, MI_E_DATA, "the file is damaged: get it again from where it came",
                   "corrupt gzip data near compressed byte %lld: %s",
                   (long long)(in->raw_base + (int64_t)in->raw_pos), why);
}

/* One call of isa-l on the `have` raw bytes at hand: how many bytes it made, at most `room`; or
   -1. */
static int64_t inflate_raw(mi_input *in, unsigned char *dst, uint32_t room, int64_t have,
                           mi_err *err)
{
    struct inflate_state *z = in->z;
    z->next_in = in->raw + in->raw_pos;
    z->avail_in = (uint32_t)have;
    z->next_out = dst;
    z->avail_out = room;
    int rc = isal_inflate(z);
    in->raw_pos = in->raw_len - z->avail_in;
    uint32_t made = room - z->avail_out;
    in->member_bytes += made;
    bool stuck = have > 0 && made == 0 && z->avail_in == (uint32_t)have &&
                 z->block_state != ISAL_BLOCK_FINISH;
    if (rc < 0 || stuck)
        return fail_inflate(in, rc, err);
    if (z->block_state == ISAL_BLOCK_FINISH)
        member_end(in);
    return made;
}

/* Inflate between 1 and n bytes into dst. 0 at the end of the gzip data (also when they are cut:
   in->cut), -1 on error. */
static int64_t inflate_some(mi_input *in, unsigned char *dst, size_t n, mi_err *err)
{
    uint32_t room = n < INFLATE_MAX ? (uint32_t)n : INFLATE_MAX;
    while (!in->cut) {
        if (!in->member) {
            int is = raw_is_gzip(in, err);
            if (is <= 0)
                return is;
            if (member_begin(in, err) != 0)
                return -1;
        }
        int64_t have = raw_need(in, 1, err);
        if (have < 0)
            return -1;
        int64_t made = inflate_raw(in, dst, room, have, err);
        if (made != 0)
            return made;
        if (have == 0 && in->member)
            in->cut = true;
    }
    return 0;
}

static int64_t gzip_read(mi_input *in, unsigned char *buf, size_t n, mi_err *err)
{
    size_t done = in->ahead_len - in->ahead_pos;
    if (done > n)
        done = n;
    if (buf)
        memcpy(buf, in->ahead + in->ahead_pos, done);
    in->ahead_pos += done;
    if (in->ahead_pos == in->ahead_len)
        drop_ahead(in);
    if (!buf && done < n && !in->scratch) {
        in->scratch = mi_array(SCRATCH_SIZE, 1, err);
        if (!in->scratch)
            return -1;
    }
    while (done < n) {
        size_t want = n - done;
        if (!buf && want > SCRATCH_SIZE)
            want = SCRATCH_SIZE;
        int64_t made = inflate_some(in, buf ? buf + done : in->scratch, want, err);
        if (made < 0)
            return -1;
        if (made == 0)
            break;
        done += (size_t)made;
    }
    return (int64_t)done;
}

/* Inflate all raw bytes at hand behind what is there already, in `room` bytes: false when they do
   not fit, are wrong or hold the end of the member, and then all is as before. */
static bool ahead_raw(mi_input *in, size_t room, struct inflate_state *kept)
{
    const size_t pos = in->raw_pos, len = in->ahead_len;
    const int64_t bytes = in->member_bytes, size = in->member_size, members = in->members;
    int64_t made = 1;
    *kept = *in->z;
    while (made >= 0 && in->member && in->raw_pos < in->raw_len && in->ahead_len < room) {
        made = inflate_raw(in, in->ahead + in->ahead_len, (uint32_t)(room - in->ahead_len),
                           (int64_t)(in->raw_len - in->raw_pos), NULL);
        in->ahead_len += made > 0 ? (size_t)made : 0;
    }
    if (made >= 0 && in->member && in->ahead_len < room)
        return true;
    *in->z = *kept;
    in->members = members;
    in->member = true;
    in->member_bytes = bytes;
    in->member_size = size;
    in->raw_pos = pos;
    in->ahead_len = len;
    return false;
}

/* Only whole fillings of the raw buffer are taken, and only good ones: from there on all reads are
   the same, call by call, as if nothing had been read ahead, damaged data included. */
void mi_input_ahead(mi_input *in, size_t n, const atomic_bool *stop)
{
    size_t have = in->ahead_len - in->ahead_pos;
    if (!in->regular || !in->member || in->ahead != in->peeked || have >= n || n > INFLATE_MAX ||
        atomic_load(stop))
        return;
    unsigned char *p = malloc(n);
    struct inflate_state *kept = malloc(sizeof *kept);
    if (p && kept) {
        memcpy(p, in->ahead + in->ahead_pos, have);
        in->ahead = p;
        in->ahead_pos = 0;
        in->ahead_len = have;
        while (!atomic_load(stop) && raw_need(in, 1, NULL) > 0 &&
               ahead_raw(in, n, kept))
            ;
    } else { /* it is only for speed */
        free(p);
    }
    free(kept);
}

/* Skip raw bytes of a regular file without reading them; how many. */
static size_t raw_seek(mi_input *in, size_t n)
{
    int64_t at = in->raw_base + (int64_t)in->raw_len;
    int64_t left = in->file_size - at;
    if (!in->regular || left <= 0)
        return 0;
    if ((uint64_t)left < n)
        n = (size_t)left;
    if (lseek(in->fd, at + (int64_t)n, SEEK_SET) < 0)
        return 0;
    in->raw_base = at + (int64_t)n;
    in->raw_pos = in->raw_len = 0;
    return n;
}

static int64_t plain_read(mi_input *in, unsigned char *buf, size_t n, mi_err *err)
{
    size_t done = 0;
    while (done < n) {
        size_t have = in->raw_len - in->raw_pos;
        if (have == 0 && buf && n - done >= DIRECT_SIZE && !in->raw_end) {
            ssize_t got = read_fd(in, buf + done, n - done, err);
            if (got < 0)
                return -1;
            in->raw_base += (int64_t)in->raw_len + got;
            in->raw_pos = in->raw_len = 0;
            done += (size_t)got;
            continue;
        }
        if (have == 0 && !buf && n - done >= RAW_SIZE)
            done += raw_seek(in, n - done);
        int64_t more = raw_need(in, 1, err);
        if (more < 0)
            return -1;
        if (more == 0)
            break;
        size_t take = (size_t)more < n - done ? (size_t)more : n - done;
        if (buf)
            memcpy(buf + done, in->raw + in->raw_pos, take);
        in->raw_pos += take;
        done += take;
    }
    return (int64_t)done;
}

int64_t mi_input_read(mi_input *in, void *buf, size_t n, mi_err *err)
{
    int64_t got = in->gzip ? gzip_read(in, buf, n, err) : plain_read(in, buf, n, err);
    if (got > 0)
        in->offset += got;
    return got;
}

int64_t mi_input_peek(mi_input *in, const unsigned char **p, size_t n, mi_err *err)
{
    if (n > MI_INPUT_PEEK)
        n = MI_INPUT_PEEK;
    if (!in->gzip) {
        int64_t have = raw_need(in, n, err);
        *p = in->raw + in->raw_pos;
        return have < (int64_t)n ? have : (int64_t)n;
    }
    size_t have = in->ahead_len - in->ahead_pos;
    if (have < n) {
        memmove(in->ahead, in->ahead + in->ahead_pos, have);
        in->ahead_pos = 0;
        in->ahead_len = have;
    }
    while (in->ahead_len - in->ahead_pos < n) {
        int64_t made =
            inflate_some(in, in->ahead + in->ahead_len, MI_INPUT_PEEK - in->ahead_len, err);
        if (made < 0)
            return -1;
        if (made == 0)
            break;
        in->ahead_len += (size_t)made;
    }
    *p = in->ahead + in->ahead_pos;
    have = in->ahead_len - in->ahead_pos;
    return (int64_t)(have < n ? have : n);
}

bool mi_input_is_gzip(const mi_input *in)
{
    return in->gzip;
}
bool mi_input_is_cut(const mi_input *in)
{
    return in->cut;
}
bool mi_input_is_stdin(const mi_input *in)
{
    return in->is_stdin;
}
int64_t mi_input_offset(const mi_input *in)
{
    return in->offset;
}
int64_t mi_input_file_size(const mi_input *in)
{
    return in->file_size;
}

int64_t mi_input_size(const mi_input *in)
{
    if (!in->regular)
        return -1;
    if (in->gzip)
        return in->gzip_from_start ? (int64_t)in->isize : -1;
    return in->members == 0 ? in->file_size : -1;
}

bool mi_input_ends_at(const mi_input *in, int64_t total)
{
    if (!in->regular || total <= 0)
        return false;
    if (!in->gzip)
        return in->members == 0 && in->file_size == total;
    if (!in->gzip_from_start)
        return false;
    if (in->members == 0)
        return in->isize == (uint32_t)total;
    if (in->member_size <= 0)
        return false;
    int64_t last = total - (total - 1) / in->member_size * in->member_size;
    return in->member_bytes <= in->member_size && in->isize == (uint32_t)last;
}

void mi_input_drain(mi_input *in)
{
    while (in->is_stdin && !in->raw_end && read_fd(in, in->raw, RAW_SIZE, NULL) > 0)
        ;
}

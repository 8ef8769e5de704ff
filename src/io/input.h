/* Bytes in: blocking, counted, gunzipped on the fly by isa-l where the content is gzip (several
   members in a row included), from a file, a FIFO or stdin. */
#ifndef MI_IO_INPUT_H
#define MI_IO_INPUT_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

enum { MI_INPUT_PEEK = 4096 };

typedef struct mi_input mi_input;

int mi_input_open(mi_input **out, const char *path,
                  mi_err *err); /* "-" is stdin; directories are refused by name */
/* Up to n bytes ahead without taking them (n <= MI_INPUT_PEEK); fewer only at the end. Borrowed
   until the next call. Returns the count or -1. */
int64_t mi_input_peek(mi_input *in, const unsigned char **p, size_t n, mi_err *err);
/* Up to n bytes into buf (or skipped when buf is NULL); fewer only at the end of the data. -1 on
   a read error or corrupt gzip. */
int64_t mi_input_read(mi_input *in, void *buf, size_t n, mi_err *err);
/* Inflate up to n bytes before they are asked for, until *stop is set: for a thread that has time
   while the caller is at something else (no other call on `in` meanwhile). Only gzip in a regular
   file, and not beyond the end of a member; elsewhere, or without memory, nothing is done. What is
   wrong is left to the read that comes to it. */
void mi_input_ahead(mi_input *in, size_t n, const atomic_bool *stop);
/* An image may begin here: whether the bytes are gzip is told anew from the content. Reading
   stops at the end of gzip data (its last member in a row) until this is called. 0, or -1 on a
   read error. */
int mi_input_boundary(mi_input *in, mi_err *err);
bool mi_input_is_gzip(const mi_input *in); /* of what was read last */
bool mi_input_is_cut(
    const mi_input *in); /* the gzip data ended before their own end mark and checksum */
bool mi_input_is_stdin(const mi_input *in);
int64_t mi_input_offset(const mi_input *in); /* uncompressed bytes taken so far */
/* Uncompressed size promised by file length or gzip's ISIZE (modulo 2^32), -1 when unknown (also
   when gzip and plain images lie in one file). For plain files the exact number of bytes. */
int64_t mi_input_size(const mi_input *in);
/* Length of a regular file on disk, -1 for stdin, FIFOs and devices. */
int64_t mi_input_file_size(const mi_input *in);
/* Do file length or ISIZE promise that the data end exactly at uncompressed offset `total`?
   Members of one size in a row (as parallel compressors write) are understood. false when
   unknown. */
bool mi_input_ends_at(const mi_input *in, int64_t total);
/* stdin: read to its end, so that the producer is not killed. Read errors are ignored. */
void mi_input_drain(mi_input *in);
void mi_input_close(mi_input *in); /* NULL is fine */

#endif

#pragma once
#include <zlib.h>

/* `deflateInit2` is a macro: a stream that makes gzip (RFC 1952) rather than zlib framing. */
static inline int czlib_begin_gzip(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

/* `inflateInit2` is a macro too: a stream that reads gzip framing alone. */
static inline int czlib_begin_gunzip(z_stream *stream) {
    return inflateInit2(stream, 15 + 16);
}

#include <zlib.h>

/* inflateInit2 and deflateInit2 are macros, which Swift does not import. */
static inline int muster_inflateInit(z_stream *stream) { return inflateInit(stream); }
static inline int muster_deflateInit(z_stream *stream, int level) { return deflateInit(stream, level); }

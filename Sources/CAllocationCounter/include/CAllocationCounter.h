#include <stdint.h>

/* Heap allocations (malloc, calloc, realloc, aligned ones) of this process so far. */
uint64_t muster_allocation_count(void);
/* Bytes asked for by them. */
uint64_t muster_allocated_bytes(void);

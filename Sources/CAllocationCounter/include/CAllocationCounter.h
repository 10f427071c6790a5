#include <stdint.h>

/* Heap allocations (malloc, calloc, realloc, aligned ones) of this process so far. */
uint64_t muster_allocation_count(void);
/* Bytes asked for by them. */
uint64_t muster_allocated_bytes(void);
/* Bytes of the heap that are allocated now. */
uint64_t muster_heap_in_use(void);
/* Bytes that glibc keeps for later, resident or not. */
uint64_t muster_heap_free(void);

// Counts the heap allocations of this process: linked into a test executable, its malloc
// stands before the C library's.
#ifndef ALLOCATION_COUNTER_H
#define ALLOCATION_COUNTER_H
#include <stddef.h>

// Allocations so far (malloc, calloc, realloc, aligned ones), on all threads.
size_t allocation_count(void);

#endif

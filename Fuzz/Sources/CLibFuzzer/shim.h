#include <stddef.h>
#include <stdint.h>

/* compiler-rt, lib/fuzzer/FuzzerInterface.h. */
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*UserCb)(const uint8_t *Data, size_t Size));

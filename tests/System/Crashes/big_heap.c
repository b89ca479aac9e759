// SIGSEGV with as many MiB of touched heap as the first argument says (1024 without one).
#include <stdlib.h>
#include <string.h>

__attribute__((noinline)) static void strike(volatile char *heap)
{
    *(volatile int *)(long)heap[0] = 1;
}

int main(int count, char **arguments)
{
    size_t size = (size_t)(count > 1 ? atoi(arguments[1]) : 1024) << 20;
    char *heap = malloc(size);
    if (heap == NULL) {
        return 1;
    }
    memset(heap, 0x5a, size);
    heap[0] = 0;
    strike(heap);
    return 0;
}

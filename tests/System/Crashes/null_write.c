// SIGSEGV at address 0, three named frames deep, with known values in the vector registers.
#include <stddef.h>

__attribute__((noinline)) static void strike(volatile int *at)
{
    __asm__ volatile("pcmpeqd %%xmm7, %%xmm7\n\tpsrlq $4, %%xmm7" ::: "xmm7");
    *at = 42;
}

__attribute__((noinline)) static void carry(volatile int *at)
{
    strike(at);
    __asm__ volatile("");
}

int main(void)
{
    carry(NULL);
    return 0;
}

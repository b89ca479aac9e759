/* A 32-bit program that needs no library: it dies by its first store, at the end of a chain of functions whose names a backtrace shows. */
#define NOINLINE __attribute__((noinline))

static volatile int zero;

NOINLINE static void die_by_null(void) { *(volatile int *)zero = 1; }

NOINLINE static void outer(void)
{
    die_by_null();
    zero = 1;
}

void _start(void)
{
    outer();
    for (;;) {
    }
}

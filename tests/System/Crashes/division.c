// SIGFPE on x86; arm64 divides by zero without a word, so there the program raises it.
#include <signal.h>

static volatile int zero;

__attribute__((noinline)) static int divide(int by)
{
    int result = 100 / by;
#if defined(__aarch64__)
    raise(SIGFPE);
#endif
    return result;
}

int main(void)
{
    return divide(zero);
}

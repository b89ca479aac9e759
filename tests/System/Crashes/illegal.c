// SIGILL: an instruction that there is not.
__attribute__((noinline)) static void trip(void)
{
    __builtin_trap();
}

int main(void)
{
    trip();
    return 0;
}

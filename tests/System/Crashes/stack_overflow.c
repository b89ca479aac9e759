// SIGSEGV just below the stack, after many frames.
__attribute__((noinline)) static int sink(int depth)
{
    volatile char room[512];
    room[depth % 512] = (char)depth;
    return sink(depth + 1) + room[0];
}

int main(void)
{
    return sink(0);
}

// 64 threads with names; the one with the number 40 writes to address 0x28 while the others wait.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

enum { COUNT = 63, STRIKER = 40 };

static pthread_barrier_t ready;

__attribute__((noinline)) static void strike(void)
{
    *(volatile int *)STRIKER = 1;
}

__attribute__((noinline)) static void wait_for_ever(void)
{
    for (;;) {
        pause();
    }
}

static void *work(void *argument)
{
    intptr_t number = (intptr_t)argument;
    char name[16];
    snprintf(name, sizeof name, "worker-%d", (int)number);
    pthread_setname_np(pthread_self(), name);
    pthread_barrier_wait(&ready);
    if (number == STRIKER) {
        strike();
    }
    wait_for_ever();
    return NULL;
}

int main(void)
{
    pthread_barrier_init(&ready, NULL, COUNT + 1);
    for (intptr_t number = 1; number <= COUNT; number++) {
        pthread_t thread;
        pthread_create(&thread, NULL, work, (void *)number);
    }
    pthread_barrier_wait(&ready);
    wait_for_ever();
    return 0;
}

/* Dies in the way its first argument names, at the end of a chain of functions whose names a backtrace shows. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))

static volatile int zero;
static volatile size_t heap_bytes;

NOINLINE static void die_by_null(void) { *(volatile int *)(long)zero = 1; }

NOINLINE static void die_by_address(void) { *(volatile int *)0x1234567000 = 1; }

NOINLINE static void die_by_abort(void) { abort(); }

NOINLINE static int die_by_overflow(volatile char *above)
{
    volatile char here[4096];
    here[0] = above[0] + 1;
    return die_by_overflow(here) + here[0];
}

NOINLINE static void die_by_instruction(void) { __asm__ volatile("ud2"); }

NOINLINE static void die_by_division(void) { zero = 7 / zero; }

static pthread_barrier_t all_wait;

/* Nobody dies before all are in here. */
NOINLINE static void wait_for_ever(void)
{
    pthread_barrier_wait(&all_wait);
    pause();
}

static void *idle_thread(void *name)
{
    pthread_setname_np(pthread_self(), name);
    wait_for_ever();
    return NULL;
}

/* 63 threads that wait, and the first one, which dies. */
NOINLINE static void die_among_threads(void)
{
    static char names[63][16];
    pthread_t thread;
    pthread_barrier_init(&all_wait, NULL, 64);
    for (int i = 0; i < 63; i++) {
        snprintf(names[i], sizeof names[i], "idle-%d", i);
        pthread_create(&thread, NULL, idle_thread, names[i]);
    }
    pthread_barrier_wait(&all_wait);
    die_by_null();
}

NOINLINE static void die_with_heap(void)
{
    char *heap = malloc(heap_bytes);
    memset(heap, 0x5a, heap_bytes);
    die_by_null();
    free(heap);
}

NOINLINE static void die_without_file(const char *self)
{
    unlink(self);
    die_by_null();
}

NOINLINE static void outer(const char *how, const char *self)
{
    volatile char start = 0;
    if (!strcmp(how, "null")) die_by_null();
    if (!strcmp(how, "address")) die_by_address();
    if (!strcmp(how, "abort")) die_by_abort();
    if (!strcmp(how, "overflow")) die_by_overflow(&start);
    if (!strcmp(how, "instruction")) die_by_instruction();
    if (!strcmp(how, "division")) die_by_division();
    if (!strcmp(how, "threads")) die_among_threads();
    if (!strcmp(how, "heap")) die_with_heap();
    if (!strcmp(how, "deleted")) die_without_file(self);
}

int main(int argc, char **argv)
{
    heap_bytes = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    if (argc > 1) outer(argv[1], argv[0]);
    fprintf(stderr, "crash: null, address, abort, overflow, instruction, division, threads, heap BYTES or deleted\n");
    return 2;
}

// clock INPUT PROGRAM ARGUMENT...: runs the program with INPUT as its standard input and its output thrown away, and prints
// the nanoseconds from spawn to exit; its exit code is the program's. A runtime's own way of starting programs would blur short ones.
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(int count, char **arguments)
{
    posix_spawn_file_actions_t files;
    pid_t child;
    int status, error;
    if (count < 3) {
        fprintf(stderr, "clock INPUT PROGRAM ARGUMENT...\n");
        return 2;
    }
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, arguments[1], O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    long long began = now();
    error = posix_spawnp(&child, arguments[2], &files, NULL, arguments + 2, environ);
    if (error != 0) {
        fprintf(stderr, "%s: %s\n", arguments[2], strerror(error));
        return 1;
    }
    waitpid(child, &status, 0);
    printf("%lld\n", now() - began);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

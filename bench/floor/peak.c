// peak INPUT PROGRAM ARGUMENT...: runs the program with INPUT as its standard input and its output thrown away, and prints the
// KiB that it had resident at most; its exit code is the program's.
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

extern char **environ;

int main(int count, char **arguments)
{
    posix_spawn_file_actions_t files;
    struct rusage usage;
    pid_t child;
    int status, error;
    if (count < 3) {
        fprintf(stderr, "peak INPUT PROGRAM ARGUMENT...\n");
        return 2;
    }
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, arguments[1], O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    error = posix_spawnp(&child, arguments[2], &files, NULL, arguments + 2, environ);
    if (error != 0) {
        fprintf(stderr, "%s: %s\n", arguments[2], strerror(error));
        return 1;
    }
    wait4(child, &status, 0, &usage);
    printf("%ld\n", usage.ru_maxrss);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

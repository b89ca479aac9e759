// The guest's end of the raw comparisons, on vsock and TCP port 5000 at once. A connection's first byte says what it is for:
//   e        every byte comes back (round trips)
//   s N\n    N bytes are swallowed, then one byte says so
//   p N\n    N bytes are poured out
//   x A\0B\0\n  the program runs with the connection as its standard input and output; its exit code is the last byte
#define _GNU_SOURCE
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PORT = 5000, CHUNK = 256 * 1024 };

static char chunk[CHUNK];

static int listen_on(int family, const void *address, socklen_t length)
{
    int one = 1, listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, address, length) != 0 || listen(listener, 16) != 0) {
        perror("listen");
        exit(1);
    }
    return listener;
}

static size_t read_line(int connection, char *line, size_t size)
{
    size_t count = 0;
    while (count + 1 < size && read(connection, line + count, 1) == 1 && line[count] != '\n') {
        count++;
    }
    line[count] = 0;
    return count;
}

static void echo(int connection)
{
    ssize_t count;
    while ((count = read(connection, chunk, sizeof chunk)) > 0 && write(connection, chunk, count) == count) {
    }
}

static void swallow(int connection, long long bytes)
{
    ssize_t count;
    while (bytes > 0 && (count = read(connection, chunk, sizeof chunk)) > 0) {
        bytes -= count;
    }
    if (write(connection, "k", 1) != 1) {
        perror("write");
    }
}

static void pour(int connection, long long bytes)
{
    ssize_t count;
    while (bytes > 0 && (count = write(connection, chunk, bytes < CHUNK ? bytes : CHUNK)) > 0) {
        bytes -= count;
    }
}

static void execute(int connection, char *line, size_t length)
{
    char *arguments[16] = { 0 };
    int count = 0;
    for (char *at = line; at < line + length && count < 15; at += strlen(at) + 1) {
        arguments[count++] = at;
    }
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        dup2(connection, 0);
        dup2(connection, 1);
        execvp(arguments[0], arguments);
        _exit(127);
    }
    waitpid(child, &status, 0);
    char code = WEXITSTATUS(status);
    if (write(connection, &code, 1) != 1) {
        perror("write");
    }
}

static void serve(int connection)
{
    char line[512], purpose;
    int one = 1;
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (read(connection, &purpose, 1) != 1) {
        return;
    }
    if (purpose == 'e') {
        echo(connection);
        return;
    }
    size_t length = read_line(connection, line, sizeof line);
    switch (purpose) {
    case 's': swallow(connection, atoll(line)); break;
    case 'p': pour(connection, atoll(line)); break;
    case 'x': execute(connection, line, length); break;
    }
}

int main(void)
{
    struct sockaddr_vm vsock = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = PORT };
    struct sockaddr_in tcp = { .sin_family = AF_INET, .sin_port = htons(PORT) };
    struct pollfd listeners[] = {
        { .fd = listen_on(AF_VSOCK, &vsock, sizeof vsock), .events = POLLIN },
        { .fd = listen_on(AF_INET, &tcp, sizeof tcp), .events = POLLIN },
    };
    if (daemon(0, 0) != 0) {
        return 1;
    }
    while (poll(listeners, 2, -1) > 0) {
        for (int i = 0; i < 2; i++) {
            if (!(listeners[i].revents & POLLIN)) {
                continue;
            }
            int connection = accept4(listeners[i].fd, NULL, NULL, SOCK_CLOEXEC);
            if (fork() == 0) {
                serve(connection);
                _exit(0);
            }
            close(connection);
            while (waitpid(-1, NULL, WNOHANG) > 0) {
            }
        }
    }
}

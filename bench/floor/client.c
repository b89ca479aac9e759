// The host's end of the raw comparisons: client ADDRESS PURPOSE [AMOUNT | PROGRAM ARGUMENT...]
//   ADDRESS  unix:PATH (the vsock device's socket for one VM), tcp:PORT (on 127.0.0.1), pair (another process, AF_UNIX)
//   PURPOSE  ping COUNT, send BYTES, receive BYTES: prints nanoseconds in all; exec PROGRAM...: exits with its code
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { CHUNK = 256 * 1024 };

static char chunk[CHUNK];

static void fail(const char *what)
{
    perror(what);
    exit(125);
}

static int dial_vsock(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int connection = socket(AF_UNIX, SOCK_STREAM, 0);
    char byte = 0;
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    if (connect(connection, (struct sockaddr *)&address, sizeof address) != 0 || write(connection, "CONNECT 5000\n", 13) != 13) {
        fail("connect");
    }
    while (byte != '\n') {
        if (read(connection, &byte, 1) != 1) {
            fail("refused");
        }
    }
    return connection;
}

static int dial_tcp(int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int one = 1, connection = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(connection, (struct sockaddr *)&address, sizeof address) != 0) {
        fail("connect");
    }
    return connection;
}

static void answer_as_peer(int connection)
{
    char line[64], purpose = 0;
    size_t length = 0;
    ssize_t count;
    if (read(connection, &purpose, 1) == 1 && purpose == 'e') {
        while ((count = read(connection, chunk, sizeof chunk)) > 0 && write(connection, chunk, count) == count) {
        }
        return;
    }
    while (length < sizeof line - 1 && read(connection, line + length, 1) == 1 && line[length] != '\n') {
        length++;
    }
    line[length] = 0;
    long long bytes = atoll(line);
    while (bytes > 0) {
        count = purpose == 's' ? read(connection, chunk, sizeof chunk)
                               : write(connection, chunk, bytes < CHUNK ? bytes : CHUNK);
        if (count <= 0) {
            return;
        }
        bytes -= count;
    }
    if (purpose == 's' && write(connection, "k", 1) != 1) {
        fail("write");
    }
}

static int dial(const char *address)
{
    int pair[2];
    if (strncmp(address, "unix:", 5) == 0) {
        return dial_vsock(address + 5);
    }
    if (strncmp(address, "tcp:", 4) == 0) {
        return dial_tcp(atoi(address + 4));
    }
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) {
        fail("socketpair");
    }
    if (fork() == 0) {
        close(pair[0]);
        answer_as_peer(pair[1]);
        _exit(0);
    }
    close(pair[1]);
    return pair[0];
}

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void ping(int connection, long long count)
{
    char byte = 'e';
    if (write(connection, &byte, 1) != 1) {
        fail("write");
    }
    while (count-- > 0) {
        if (write(connection, &byte, 1) != 1 || read(connection, &byte, 1) != 1) {
            fail("ping");
        }
    }
}

static void move(int connection, char purpose, long long bytes)
{
    char order[64], done;
    ssize_t count = snprintf(order, sizeof order, "%c %lld\n", purpose, bytes);
    if (write(connection, order, count) != count) {
        fail("write");
    }
    for (long long left = bytes; left > 0; left -= count) {
        count = purpose == 's' ? write(connection, chunk, left < CHUNK ? left : CHUNK)
                               : read(connection, chunk, sizeof chunk);
        if (count <= 0) {
            fail("transfer");
        }
    }
    if (purpose == 's' && read(connection, &done, 1) != 1) {
        fail("acknowledgement");
    }
}

static int execute(int connection, char **arguments)
{
    char order[512] = "x";
    size_t length = 1;
    for (; *arguments != NULL; arguments++) {
        length += snprintf(order + length, sizeof order - length, "%s", *arguments) + 1;
    }
    order[length++] = '\n';
    if (write(connection, order, length) != (ssize_t)length) {
        fail("write");
    }
    ssize_t count, last = 0;
    while ((count = read(connection, chunk, sizeof chunk)) > 0) {
        last = count;
    }
    return last > 0 ? chunk[last - 1] : 125;
}

int main(int count, char **arguments)
{
    if (count < 4) {
        fprintf(stderr, "client ADDRESS ping|send|receive|exec AMOUNT|PROGRAM...\n");
        return 2;
    }
    int connection = dial(arguments[1]);
    const char *purpose = arguments[2];
    if (strcmp(purpose, "exec") == 0) {
        return execute(connection, arguments + 3);
    }
    long long began = now(), amount = atoll(arguments[3]);
    if (strcmp(purpose, "ping") == 0) {
        ping(connection, amount);
    } else {
        move(connection, strcmp(purpose, "send") == 0 ? 's' : 'p', amount);
    }
    printf("%lld\n", now() - began);
    return 0;
}

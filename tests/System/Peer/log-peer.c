// What programs in the guest write to /dev/log, or to the socket that LOG_SOCKET names, straight to the socket.
//   log-peer flood TAG COUNT [SECONDS]  numbered messages as fast as the socket takes them: COUNT of them, or, where COUNT is 0, for SECONDS
//   log-peer raw                        standard input as datagrams, one for each line, in which \xHH is a byte
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int connect_to_log(void)
{
    const char *path = getenv("LOG_SOCKET");
    struct sockaddr_un log = { .sun_family = AF_UNIX };
    snprintf(log.sun_path, sizeof log.sun_path, "%s", path != NULL ? path : "/dev/log");
    int to_log = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (connect(to_log, (struct sockaddr *)&log, sizeof log) != 0) {
        perror(log.sun_path);
        exit(1);
    }
    return to_log;
}

static void say(int to_log, const void *bytes, size_t length)
{
    if (send(to_log, bytes, length, 0) != (ssize_t)length) {
        perror("send");
        exit(1);
    }
}

static int flood(const char *tag, long count, long seconds)
{
    int to_log = connect_to_log();
    time_t end = time(NULL) + seconds;
    char text[128];
    long sent = 0;
    while (count > 0 ? sent < count : time(NULL) < end) {
        say(to_log, text, snprintf(text, sizeof text, "<14>%s: number %ld", tag, ++sent));
    }
    printf("%ld\n", sent);
    return 0;
}

static int raw(void)
{
    int to_log = connect_to_log();
    static char line[65536], bytes[65536];
    while (fgets(line, sizeof line, stdin) != NULL) {
        size_t length = 0;
        for (char *at = line; *at != 0 && *at != '\n'; at++) {
            unsigned value;
            if (at[0] == '\\' && at[1] == 'x' && sscanf(at + 2, "%2x", &value) == 1) {
                bytes[length++] = value;
                at += 3;
            } else {
                bytes[length++] = *at;
            }
        }
        say(to_log, bytes, length);
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc >= 4 && strcmp(argv[1], "flood") == 0) {
        return flood(argv[2], atol(argv[3]), argc > 4 ? atol(argv[4]) : 0);
    }
    if (argc == 2 && strcmp(argv[1], "raw") == 0) {
        return raw();
    }
    fprintf(stderr, "log-peer flood TAG COUNT [SECONDS] | raw\n");
    return 2;
}

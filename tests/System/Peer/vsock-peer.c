/*
 * The guest's side of the vsock tests, linked statically and copied into the VM.
 *
 *   vsock-peer echo PORT               echoes every connection until its end, then closes
 *   vsock-peer stall PORT              accepts connections and never reads them
 *   vsock-peer dial CID PORT           0 when the connection is made, else 1 and the reason
 *   vsock-peer rounds CID PORT N SIZE  N connections at once, each sends SIZE bytes and compares what comes back
 *   vsock-peer flood CID PORT SECONDS  connects 400 times without waiting and closes them all, over and over
 *   vsock-peer hold CID PORT N         opens up to N connections, says how many it got, and holds them until it is killed
 *
 * echo and stall go into the background once they listen.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <linux/vm_sockets.h>

static void fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

static int dial(unsigned cid, unsigned port)
{
	struct sockaddr_vm to = { .svm_family = AF_VSOCK, .svm_cid = cid, .svm_port = port };
	int fd = socket(AF_VSOCK, SOCK_STREAM, 0);

	if (fd < 0)
		fail("socket");
	if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
		return fd;
	close(fd);
	return -1;
}

static void *echo(void *argument)
{
	int fd = (int)(intptr_t)argument;
	static __thread char buffer[65536];
	ssize_t count;

	while ((count = read(fd, buffer, sizeof buffer)) > 0)
		for (ssize_t sent = 0, now; sent < count; sent += now)
			if ((now = send(fd, buffer + sent, count - sent, MSG_NOSIGNAL)) <= 0)
				goto out;
out:
	close(fd);
	return NULL;
}

static void *stall(void *argument)
{
	(void)argument;
	pause();
	return NULL;
}

static void serve(unsigned port, void *(*with)(void *))
{
	struct sockaddr_vm at = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = port };
	int listener = socket(AF_VSOCK, SOCK_STREAM, 0);
	pthread_attr_t attributes;

	if (listener < 0 || bind(listener, (struct sockaddr *)&at, sizeof at) || listen(listener, 512))
		fail("listen");
	if (daemon(0, 0))
		fail("daemon");
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, 256 * 1024);
	for (;;) {
		pthread_t thread;
		int fd = accept(listener, NULL, NULL);

		if (fd >= 0 && pthread_create(&thread, &attributes, with, (void *)(intptr_t)fd))
			close(fd);
	}
}

struct round {
	int fd, number;
	size_t size;
	pthread_t sender, receiver;
	size_t wrong, received;
};

/* The byte at a place of a connection's stream, different for each connection. */
static unsigned char pattern(const struct round *round, size_t at)
{
	return (unsigned char)((at * 2654435761u + round->number * 40503u) >> 13);
}

static void *send_all(void *argument)
{
	struct round *round = argument;
	unsigned char buffer[16384];

	for (size_t at = 0; at < round->size;) {
		size_t count = round->size - at < sizeof buffer ? round->size - at : sizeof buffer;

		for (size_t i = 0; i < count; i++)
			buffer[i] = pattern(round, at + i);
		for (size_t sent = 0; sent < count;) {
			ssize_t now = send(round->fd, buffer + sent, count - sent, MSG_NOSIGNAL);

			if (now <= 0)
				return NULL;
			sent += now;
		}
		at += count;
	}
	shutdown(round->fd, SHUT_WR);
	return NULL;
}

static void *receive_all(void *argument)
{
	struct round *round = argument;
	unsigned char buffer[16384];
	ssize_t count;

	while ((count = read(round->fd, buffer, sizeof buffer)) > 0)
		for (ssize_t i = 0; i < count; i++)
			round->wrong += buffer[i] != pattern(round, round->received++);
	return NULL;
}

static int run_rounds(unsigned cid, unsigned port, int count, size_t size)
{
	struct round *rounds = calloc(count, sizeof *rounds);
	int good = 0;

	for (int i = 0; i < count; i++) {
		rounds[i] = (struct round){ .fd = dial(cid, port), .number = i, .size = size };
		if (rounds[i].fd < 0)
			fail("connect");
	}
	for (int i = 0; i < count; i++)
		if (pthread_create(&rounds[i].sender, NULL, send_all, &rounds[i]) ||
		    pthread_create(&rounds[i].receiver, NULL, receive_all, &rounds[i]))
			fail("thread");
	for (int i = 0; i < count; i++) {
		pthread_join(rounds[i].sender, NULL);
		pthread_join(rounds[i].receiver, NULL);
		good += rounds[i].received == size && rounds[i].wrong == 0;
	}
	printf("%d of %d right\n", good, count);
	return good != count;
}

static int flood(unsigned cid, unsigned port, int seconds)
{
	struct sockaddr_vm to = { .svm_family = AF_VSOCK, .svm_cid = cid, .svm_port = port };
	time_t end = time(NULL) + seconds;
	unsigned long count = 0;

	/* More at once than the driver's rings have entries: its replies to our sockets, which it does not know any more, pile up. */
	while (time(NULL) < end) {
		int fds[400], open = 0;

		while (open < 400 && (fds[open] = socket(AF_VSOCK, SOCK_STREAM | SOCK_NONBLOCK, 0)) >= 0) {
			count += connect(fds[open], (struct sockaddr *)&to, sizeof to) == 0 || errno == EINPROGRESS;
			open++;
		}
		while (open)
			close(fds[--open]);
	}
	printf("%lu connects\n", count);
	return 0;
}

static int hold(unsigned cid, unsigned port, int wanted)
{
	int count = 0;

	while (count < wanted && dial(cid, port) >= 0)
		count++;
	printf("%d held\n", count);
	fflush(stdout);
	pause();
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "echo"))
		serve(strtoul(argv[2], NULL, 10), echo);
	if (argc == 3 && !strcmp(argv[1], "stall"))
		serve(strtoul(argv[2], NULL, 10), stall);
	if (argc == 4 && !strcmp(argv[1], "dial")) {
		if (dial(strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10)) >= 0)
			return 0;
		fail("connect");
	}
	if (argc == 6 && !strcmp(argv[1], "rounds"))
		return run_rounds(strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10), atoi(argv[4]), strtoul(argv[5], NULL, 10));
	if (argc == 5 && !strcmp(argv[1], "flood"))
		return flood(strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10), atoi(argv[4]));
	if (argc == 5 && !strcmp(argv[1], "hold"))
		return hold(strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10), atoi(argv[4]));
	fprintf(stderr, "usage: vsock-peer echo|stall|dial|rounds|flood|hold ...\n");
	return 2;
}

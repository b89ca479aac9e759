/*
 * The first process of a machine that has nothing else. It lets a child of itself die with three threads and values in its registers that
 * the test knows, and writes the core to the first disk: its length as 8 bytes, then the core from the second sector on.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECTOR 512
#define CHECK(what) do { if ((long)(what) < 0) { perror(#what); reboot(RB_POWER_OFF); } } while (0)

static char idle[] = "idle", busy[] = "busy";
static pthread_barrier_t all_wait;

/* One thread waits in the kernel; one is busy with vectors of the scalable extension, whose state is in a note then. */
static void *idle_thread(void *name)
{
    pthread_setname_np(pthread_self(), name);
    pthread_barrier_wait(&all_wait);
    if (name == idle)
        pause();
    __asm__ volatile(".arch_extension sve\n ptrue p0.b\n mov z8.d, #0x42\n 0: b 0b");
    return NULL;
}

#define X(n) "mov x" #n ", #0x" #n #n "\n movk x" #n ", #0x" #n #n ", lsl #48\n"
#define V(n) "movi v" #n ".16b, #" #n "\n"

/* Register 12 gets 0x1212000000001212, vector 12 sixteen times 12; the address is in register 28. */
static __attribute__((noinline)) void die(void)
{
    __asm__ volatile(
        ".arch_extension nosve\n"
        V(0) V(1) V(2) V(3) V(4) V(5) V(6) V(7) V(8) V(9) V(10) V(11) V(12) V(13) V(14) V(15) V(16) V(17) V(18) V(19) V(20) V(21) V(22) V(23)
        V(24) V(25) V(26) V(27) V(28) V(29) V(30) V(31)
        X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) X(16) X(17) X(18) X(19) X(20) X(21) X(22) X(23)
        X(24) X(25) X(26) X(27) "mov x28, #0xdead0000\n movk x28, #0x77, lsl #32\n str x1, [x28, #8]" ::: "memory");
}

static __attribute__((noinline)) void outer(void)
{
    die();
    __asm__ volatile("" ::: "memory");
}

static void die_among_threads(void)
{
    pthread_attr_t small;
    pthread_t thread;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 128 * 1024);
    pthread_barrier_init(&all_wait, NULL, 3);
    CHECK(-pthread_create(&thread, &small, idle_thread, idle));
    CHECK(-pthread_create(&thread, &small, idle_thread, busy));
    pthread_barrier_wait(&all_wait);
    usleep(500000); /* Until both are where they stay. */
    outer();
}

static void load(const char *module)
{
    int fd = open(module, O_RDONLY | O_CLOEXEC);
    CHECK(fd);
    CHECK(syscall(SYS_finit_module, fd, "", 0));
    close(fd);
}

static void write_to(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    if (!file || fputs(text, file) < 0 || fclose(file)) CHECK(-1);
}

static void save(const char *core)
{
    static char block[1 << 16];
    struct stat stat;
    uint64_t length[SECTOR / 8] = { 0 };
    int from = open(core, O_RDONLY), to = open("/dev/vda", O_WRONLY);
    CHECK(from);
    CHECK(to);
    CHECK(fstat(from, &stat));
    length[0] = stat.st_size;
    CHECK(write(to, length, SECTOR));
    for (ssize_t n; (n = read(from, block, sizeof block)) > 0;)
        CHECK(write(to, block, n));
    CHECK(fsync(to));
    printf("core of %ld bytes\n", (long)stat.st_size);
}

int main(int argc, char **)
{
    if (argc > 1 && getpid() != 1) {
        die_among_threads();
        return 2;
    }
    CHECK(mount("none", "/dev", "devtmpfs", 0, NULL));
    CHECK(mount("none", "/proc", "proc", 0, NULL));
    load("/virtio_mmio.ko");
    load("/virtio_blk.ko");
    write_to("/proc/sys/kernel/core_pattern", "/core");
    struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
    CHECK(setrlimit(RLIMIT_CORE, &all));
    pid_t child = fork();
    if (child == 0) {
        execl("/usr/bin/die", "die", "among", "threads", NULL);
        _exit(127);
    }
    int status;
    CHECK(waitpid(child, &status, 0));
    printf("the child ended with %#x\n", status);
    save("/core");
    fflush(stdout);
    reboot(RB_POWER_OFF);
}

// The bare floor of a VM's start: the first process loads the modules needed before the root file system, as the agent
// does, and says "ready" to port 5001 of the host over vsock. It ends the machine when the host closes the connection.
#include <fcntl.h>
#include <linux/vm_sockets.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static void load_early_modules(void)
{
    char name[128], path[160];
    FILE *order = fopen("/modules/order", "re");
    while (order != NULL && fgets(name, sizeof name, order) != NULL && strcmp(name, "--\n") != 0) {
        name[strcspn(name, "\n")] = 0;
        snprintf(path, sizeof path, "/modules/%s", name);
        int file = open(path, O_RDONLY | O_CLOEXEC);
        if (syscall(SYS_finit_module, file, "", 0) != 0) {
            perror(path);
        }
        close(file);
    }
}

int main(void)
{
    load_early_modules();

    struct sockaddr_vm host = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_HOST, .svm_port = 5001 };
    int socket_to_host = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(socket_to_host, (struct sockaddr *)&host, sizeof host) != 0) {
        perror("connect");
    }
    if (write(socket_to_host, "ready\n", 6) != 6) {
        perror("write");
    }

    char end;
    while (read(socket_to_host, &end, 1) > 0) {
    }
    reboot(RB_POWER_OFF);
    return 1;
}

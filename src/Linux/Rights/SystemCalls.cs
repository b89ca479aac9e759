using System.Globalization;
using System.Runtime.InteropServices;

namespace VmTools.Linux.Rights;

/// <summary>
/// The numbers of system calls on the processors we run on, by the kernel's names (asm/unistd_64.h, asm-generic/unistd.h): those
/// that filters of ours speak of. A call that a processor does not have is a dash.
/// </summary>
public static class SystemCalls
{
    /// <summary>Name, number on x86-64, number on arm64.</summary>
    private const string Table =
        """
        accept 43 202; accept4 288 242; access 21 -; acct 163 89; add_key 248 217; adjtimex 159 171; bind 49 200; bpf 321 280;
        brk 12 214; chmod 90 -; chroot 161 51; clock_adjtime 305 266; clock_getres 229 114; clock_gettime 228 113;
        clock_nanosleep 230 115; clock_settime 227 112; clone 56 220; clone3 435 435; close 3 57; connect 42 203;
        copy_file_range 326 285; delete_module 176 106; dup 32 23; dup2 33 -; dup3 292 24; epoll_create1 291 20; epoll_ctl 233 21;
        epoll_pwait 281 22; epoll_pwait2 441 441; epoll_wait 232 -; eventfd2 290 19; execve 59 221; execveat 322 281; exit 60 93;
        exit_group 231 94; faccessat 269 48; faccessat2 439 439; fallocate 285 47; fanotify_init 300 262; fchmod 91 52;
        fchmodat 268 53; fcntl 72 25; fdatasync 75 83; finit_module 313 273; flock 73 32; fork 57 -; fsconfig 431 431; fsmount 432 432;
        fsopen 430 430; fspick 433 433; fstat 5 80; fstatfs 138 44; fsync 74 82; ftruncate 77 46; futex 202 98; futex_waitv 449 449;
        get_mempolicy 239 236; getcpu 309 168; getdents64 217 61; getegid 108 177; geteuid 107 175; getgid 104 176; getpeername 52 205;
        getpid 39 172; getppid 110 173; getrandom 318 278; getrusage 98 165; getsockname 51 204; getsockopt 55 209; gettid 186 178;
        gettimeofday 96 169; getuid 102 174; init_module 175 105; io_uring_enter 426 426; io_uring_register 427 427;
        io_uring_setup 425 425; ioctl 16 29; ioperm 173 -; iopl 172 -; kcmp 312 272; kexec_file_load 320 294; kexec_load 246 104;
        keyctl 250 219; kill 62 129; listen 50 201; lseek 8 62; lstat 6 -; madvise 28 233; membarrier 324 283; memfd_create 319 279;
        mkdir 83 -; mkdirat 258 34; mlock 149 228; mmap 9 222; modify_ldt 154 -; mount 165 40; mount_setattr 442 442;
        move_mount 429 429; mprotect 10 226; mremap 25 216; msync 26 227; munlock 150 229; munmap 11 215; name_to_handle_at 303 264;
        nanosleep 35 101; newfstatat 262 79; open 2 -; open_by_handle_at 304 265; open_tree 428 428; openat 257 56; pause 34 -;
        perf_event_open 298 241; personality 135 92; pidfd_getfd 438 438; pipe2 293 59; pivot_root 155 41; poll 7 -; ppoll 271 73;
        prctl 157 167; pread64 17 67; prlimit64 302 261; process_madvise 440 440; process_vm_readv 310 270; process_vm_writev 311 271;
        pselect6 270 72; ptrace 101 117; pwrite64 18 68; quotactl 179 60; quotactl_fd 443 443; read 0 63; readlink 89 -;
        readlinkat 267 78; readv 19 65; reboot 169 142; recvfrom 45 207; recvmmsg 299 243; recvmsg 47 212; rename 82 -;
        renameat 264 38; renameat2 316 276; request_key 249 218; restart_syscall 219 128; rseq 334 293; rt_sigaction 13 134;
        rt_sigprocmask 14 135; rt_sigreturn 15 139; rt_sigtimedwait 128 137; sched_getaffinity 204 123; sched_getparam 143 121;
        sched_getscheduler 145 120; sched_yield 24 124; select 23 -; sendfile 40 71; sendmmsg 307 269; sendmsg 46 211; sendto 44 206;
        set_robust_list 273 99; setdomainname 171 162; sethostname 170 161; setns 308 268; setsockopt 54 208; settimeofday 164 170;
        shutdown 48 210; sigaltstack 131 132; signalfd4 289 74; socket 41 198; socketpair 53 199; stat 4 -; statfs 137 43;
        statx 332 291; swapoff 168 225; swapon 167 224; sync_file_range 277 84; sysinfo 99 179; syslog 103 116; tgkill 234 131;
        time 201 -; timerfd_create 283 85; timerfd_gettime 287 87; timerfd_settime 286 86; tkill 200 130; umount2 166 39; uname 63 160;
        unlink 87 -; unlinkat 263 35; unshare 272 97; userfaultfd 323 282; utimensat 280 88; vfork 58 -; vhangup 153 58; write 1 64;
        writev 20 66
        """;

    private static readonly Lazy<Dictionary<string, (int X64, int Arm64)>> Numbers = new(Parse);

    /// <summary>Null where this processor's kernel has no such call.</summary>
    /// <exception cref="ArgumentException">The name is not in the table.</exception>
    public static uint? NumberOf(string name, Architecture architecture)
    {
        if (!Numbers.Value.TryGetValue(name, out var numbers))
        {
            throw new ArgumentException($"The table of system calls has no '{name}'.", nameof(name));
        }

        var number = architecture switch
        {
            Architecture.X64 => numbers.X64,
            Architecture.Arm64 => numbers.Arm64,
            _ => throw new PlatformNotSupportedException($"System calls of {architecture} are not known here."),
        };
        return number < 0 ? null : (uint)number;
    }

    private static Dictionary<string, (int X64, int Arm64)> Parse() => Table
        .Split([';', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .Select(entry => entry.Split(' '))
        .ToDictionary(words => words[0], words => (Number(words[1]), Number(words[2])), StringComparer.Ordinal);

    private static int Number(string word) => word == "-" ? -1 : int.Parse(word, NumberStyles.None, CultureInfo.InvariantCulture);
}

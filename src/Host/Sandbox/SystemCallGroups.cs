namespace VmTools.Host.Sandbox;

/// <summary>System calls that no daemon of ours makes, by what they are for.</summary>
internal static class SystemCallGroups
{
    /// <summary>Other processes' memory, the kernel itself, its keys, and the machine as a whole.</summary>
    public const string Foreign = """
        ptrace process_vm_readv process_vm_writev process_madvise pidfd_getfd kcmp
        bpf perf_event_open userfaultfd io_uring_setup io_uring_enter io_uring_register
        init_module finit_module delete_module kexec_load kexec_file_load reboot
        swapon swapoff acct quotactl quotactl_fd syslog iopl ioperm modify_ldt vhangup
        settimeofday clock_settime adjtimex clock_adjtime sethostname setdomainname
        add_key request_key keyctl open_by_handle_at fanotify_init
        """;

    /// <summary>The flags of clone(2) that make a name space of whatever kind.</summary>
    public const ulong CloneNamespaces = 0x7E020000;

    /// <summary>AF_UNIX of socket(2).</summary>
    public const int FamilyUnix = 1;

    /// <summary>Mounts, roots and name spaces.</summary>
    public const string Namespaces = """
        mount umount2 move_mount open_tree fsopen fsconfig fsmount fspick mount_setattr pivot_root chroot setns unshare
        """;

    /// <summary>Other programs and processes.</summary>
    public const string Programs = "execve execveat fork vfork";
}

namespace VmTools.Guest.Tremplin.Lxc;

/// <summary>
/// What the kernel refuses a container's processes, root's too (LXC's seccomp profile, version 2): all that LXC's own profile refuses, and
/// the ways to a vsock socket. A container speaks to the host through the VM alone: by a socket of the VM's vsock it would be taken for the
/// VM. io_uring makes sockets that no filter sees; socketcall hides the family from the filter.
/// </summary>
internal static class SeccompProfile
{
    /// <summary>EAFNOSUPPORT, as on a kernel without vsock; ENOSYS, as on one without io_uring; AF_VSOCK is 40.</summary>
    public const string Text =
        """
        2
        denylist
        [all]
        kexec_load errno 1
        kexec_file_load errno 1
        open_by_handle_at errno 1
        init_module errno 1
        finit_module errno 1
        delete_module errno 1
        socket errno 97 [0,40,SCMP_CMP_EQ]
        io_uring_setup errno 38
        io_uring_enter errno 38
        io_uring_register errno 38
        [x86]
        socketcall errno 38

        """;
}

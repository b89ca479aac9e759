namespace VmTools.Guest.Syslog;

/// <summary>Where a record came from; each kind has its own method on the host and its own place in the spool.</summary>
internal enum LogKind
{
    /// <summary>/dev/kmsg: the kernel, and programs that write there.</summary>
    Kernel,

    /// <summary>/dev/log: programs.</summary>
    User,
}

namespace VmTools.Host.LogStore;

/// <summary>The place in a VM that a record comes from; each has a file of its own.</summary>
internal enum LogSource
{
    /// <summary>The guest kernel's log, <c>/dev/kmsg</c>.</summary>
    Kernel,

    /// <summary>What programs in the guest sent to <c>/dev/log</c>.</summary>
    User,

    /// <summary>The VM's serial port, which the host hears before any agent runs and after the kernel has died.</summary>
    Console,
}

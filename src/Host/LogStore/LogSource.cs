namespace VmTools.Host.LogStore;

/// <summary>Where in a VM a record comes from; one file each.</summary>
internal enum LogSource
{
    /// <summary>The guest kernel's log, <c>/dev/kmsg</c>.</summary>
    Kernel,

    /// <summary>What programs in the guest sent to <c>/dev/log</c>.</summary>
    User,

    /// <summary>The VM's serial port, which the host hears before any agent runs and after the kernel has died.</summary>
    Console,
}

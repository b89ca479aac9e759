namespace VmTools.Host.Concierge.Vmm;

/// <summary>
/// What a VMM tells of its VM while it runs, on a connection of its own. One caller at a time; a lost connection is a VmToolsException.
/// </summary>
internal interface IVmmMonitor : IAsyncDisposable
{
    /// <summary>Why the guest's processors stand still; null while they run.</summary>
    Task<VmmPause?> PauseAsync(CancellationToken cancel);

    Task<VmmEvent> NextEventAsync(CancellationToken cancel);

    /// <summary>Lets the guest go on; what failed is tried again.</summary>
    Task ContinueAsync(CancellationToken cancel);
}

/// <summary>
/// Why a VM stands still. <paramref name="Disk"/> is the file whose write failed, where one did and the VMM knows its path.
/// </summary>
internal sealed record VmmPause(VmmPauseCause Cause, string? Disk = null)
{
    /// <summary>The VMM's own name for a cause that has none here.</summary>
    public string Detail { get; init; } = "";
}

/// <summary>What made a VMM stop its guest.</summary>
internal enum VmmPauseCause
{
    /// <summary>A disk's file could not grow: its file system is full.</summary>
    DiskFull,

    /// <summary>A write failed for another reason.</summary>
    DiskError,

    /// <summary>Its control socket was used to tell it so.</summary>
    Asked,

    /// <summary>Anything else, as the VMM names it.</summary>
    Other,
}

/// <summary>Something that a VMM told of its VM. <paramref name="Detail"/> is a cause or a path in the VMM's own terms.</summary>
internal sealed record VmmEvent(VmmEventKind Kind, string Detail = "");

/// <summary>The kinds of events that matter to the owner of a VM.</summary>
internal enum VmmEventKind
{
    Stopped,
    Resumed,

    /// <summary>A read or write failed; whether the guest was stopped for it is told by <see cref="Stopped"/>.</summary>
    DiskError,

    /// <summary>The machine is being switched off, and by whom.</summary>
    ShuttingDown,

    /// <summary>The guest's kernel told the VMM that it died, or its watchdog did.</summary>
    Panicked,
    Other,
}

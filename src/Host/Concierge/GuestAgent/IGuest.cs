using System.Net;
using VmTools.Host.Concierge.Network;

namespace VmTools.Host.Concierge.GuestAgent;

/// <summary>The agent of one VM as the daemon talks to it. Every call has its own deadline and may meet a hostile peer.</summary>
internal interface IGuest : IAsyncDisposable
{
    Task ConfigureNetworkAsync(GuestNetwork network, CancellationToken cancel);

    Task SetTimeAsync(DateTimeOffset time, CancellationToken cancel);

    /// <summary>Mounts a disk; a refusal is an exception whose sentence names disk, target and the guest's reason.</summary>
    Task MountAsync(GuestMount mount, CancellationToken cancel);

    /// <summary>Starts what runs containers in the guest, which may take minutes under emulation; it may serve a moment later.</summary>
    Task<TerminaStart> StartTerminaAsync(TerminaSpec spec, CancellationToken cancel);

    /// <summary>Returns when the agent has answered the smallest question there is.</summary>
    Task AnswerAsync(CancellationToken cancel);

    /// <summary>Asks the guest to switch itself off; returns once everything in it has ended.</summary>
    Task ShutdownAsync(CancellationToken cancel);
}

/// <summary>One mount to be made in the guest; flags are mount(2)'s.</summary>
internal sealed record GuestMount(string Source, string Target, string FileSystem)
{
    public ulong Flags { get; init; }

    public string Options { get; init; } = "";
}

/// <summary>
/// What the guest's container host is told: the host's address, the subnet of the containers' bridge, and the disk that holds them.
/// </summary>
internal sealed record TerminaSpec(IPAddress Host, string Subnet, string StatefulDevice);

/// <summary>
/// What the guest says of its stateful disk when its container host is up; the free bytes are null where it did not look.
/// </summary>
internal sealed record TerminaStart(bool HasLostData, long? FreeBytes);

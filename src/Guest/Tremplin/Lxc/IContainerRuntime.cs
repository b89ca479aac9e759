using VmTools.Linux.Accounts;
using VmTools.Protocol;

namespace VmTools.Guest.Tremplin.Lxc;

/// <summary>What runs containers: LXC in a VM, a fake in tests.</summary>
internal interface IContainerRuntime
{
    /// <summary>Completes when the container's init runs.</summary>
    /// <param name="container">What is started.</param>
    /// <param name="token">The secret by which the host will know it; empty where the host gave none.</param>
    /// <param name="cancel">Ends the start.</param>
    /// <exception cref="VmToolsException">It could not be started; the container is to be cleared.</exception>
    Task<IRunningContainer> StartAsync(ContainerRecord container, string token, CancellationToken cancel);

    /// <summary>The container as an earlier tremplin left it running; null where it does not run.</summary>
    IRunningContainer? TakeOver(ContainerRecord container);

    /// <summary>Ends what still runs of a container without its init, and undoes its mounts. May be called at any time.</summary>
    Task ClearAsync(ContainerName name, CancellationToken cancel);

    /// <summary>Undoes the mounts of all containers but these, which a kill has left.</summary>
    void UnmountOthers(IReadOnlySet<ContainerName> running);
}

/// <summary>A container whose init runs, or has run.</summary>
internal interface IRunningContainer : IAsyncDisposable
{
    /// <summary>Completes when the container has ended, however it did.</summary>
    Task Ended { get; }

    /// <summary>Completes when a first command can run in it.</summary>
    Task AnsweringAsync(CancellationToken cancel);

    /// <summary>Tells init to end the container; init may not have ears for it yet.</summary>
    void AskToPowerOff();

    /// <summary>Ends all of its processes.</summary>
    void Kill();

    /// <summary>Completes when none of its processes runs any more; they go on with <see cref="Thaw"/>.</summary>
    /// <exception cref="VmToolsException">One of them would not stop; they go on.</exception>
    Task FreezeAsync(CancellationToken cancel);

    /// <summary>Its processes go on; those that were not frozen do anyway.</summary>
    void Thaw();

    /// <summary>How init ended and what stood on the console last, for people.</summary>
    string Ending();

    /// <summary>What its system calls itself.</summary>
    OsRelease Release();

    /// <summary>The user with the id that a first user has; null where there is none.</summary>
    UserEntry? FirstUser();

    /// <summary>Makes the first user, who is the default one from then on.</summary>
    /// <exception cref="VmToolsException">The tools of the container did not make one.</exception>
    Task MakeUserAsync(UserName name, CancellationToken cancel);

    /// <summary>Puts its clocks into a zone, for as long as it runs at least.</summary>
    /// <exception cref="VmToolsException">It has no file of a zone that is known by its name alone, or its tools failed.</exception>
    Task SetZoneAsync(TimeZoneSetting zone, CancellationToken cancel);

    /// <summary>The TCP ports that IPv4 connections within the container reach, in order.</summary>
    IReadOnlyList<ushort> ListeningPorts();

    /// <summary>Starts the agent in it, once there is a first user for it to run as.</summary>
    void RunAgent();
}

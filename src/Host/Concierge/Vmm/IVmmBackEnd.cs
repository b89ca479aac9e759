using VmTools.Host.HostFacts;

namespace VmTools.Host.Concierge.Vmm;

/// <summary>One kind of VMM on this host: how to start it and how to speak to one that runs.</summary>
internal interface IVmmBackEnd
{
    /// <summary>
    /// The program that is executed and why it was chosen. Its name is kept in the record of each VM, so that a restarted vm_concierge
    /// speaks the right control language.
    /// </summary>
    VmmChoice Choice { get; }

    /// <summary>Whether it can be given every file and socket as a descriptor, and so be confined from outside.</summary>
    bool TakesDescriptors { get; }

    /// <summary>Whether it takes a descriptor of Ethernet frames for the guest's network card.</summary>
    bool TakesFrames { get; }

    VmmCommand CommandFor(VmmConfiguration configuration);

    /// <summary>Listens to the VMM; null for one that tells nothing.</summary>
    Task<IVmmMonitor?> MonitorAsync(string eventSocket, CancellationToken cancel);

    /// <summary>Asks the VMM to end at once; returns when it has taken the request.</summary>
    Task QuitAsync(string controlSocket, CancellationToken cancel);

    /// <summary>Stops the guest's processors; its memory and connections stay.</summary>
    Task PauseAsync(string controlSocket, CancellationToken cancel);

    /// <summary>Lets a paused guest go on.</summary>
    Task ResumeAsync(string controlSocket, CancellationToken cancel);
}

/// <summary>A VMM's command line; the first argument is the program's own name.</summary>
internal sealed record VmmCommand(string Program, IReadOnlyList<string> Arguments);

namespace VmTools.Host.Concierge.Vmm;

/// <summary>One kind of VMM on this host: how to start it and how to speak to one that runs.</summary>
internal interface IVmmBackEnd
{
    /// <summary>Kept in the record of each VM, so that a restarted daemon speaks the right control language.</summary>
    string Name { get; }

    /// <summary>The file that is executed.</summary>
    string Program { get; }

    /// <summary>Whether it can be given every file and socket as a descriptor, and so be confined from outside.</summary>
    bool TakesDescriptors { get; }

    /// <summary>Whether it takes a descriptor of Ethernet frames for the guest's network card.</summary>
    bool TakesFrames { get; }

    /// <summary>Without hardware help a guest takes several times as long to boot.</summary>
    bool IsEmulated { get; }

    /// <summary>One sentence: what was chosen and why.</summary>
    string Explanation { get; }

    /// <summary>What the VMM needs of the host's memory besides the guest's, in MiB.</summary>
    long OverheadMiB { get; }

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

namespace VmTools.Host.Concierge.Vms;

/// <summary>Where a VM stands between the claim of its name and the release of its last resource.</summary>
internal enum VmState
{
    /// <summary>Named, but nothing of it has been announced.</summary>
    Claimed,

    /// <summary>Announced by VmStartingUp; the guest is not ready yet.</summary>
    Starting,

    /// <summary>The guest answers and the caller of StartVm has been told.</summary>
    Running,

    /// <summary>Somebody asked for its end and the guest is going down.</summary>
    Stopping,

    /// <summary>Its processes are gone; what it held is being given back.</summary>
    Releasing,

    /// <summary>Gone; the name is free.</summary>
    Stopped,

    /// <summary>Left running by a daemon that ends; its record tells the next one about it.</summary>
    Detached,
}

namespace VmTools.Host.Bus;

/// <summary>What vm_concierge is called on a bus.</summary>
internal static class ConciergeBus
{
    /// <summary>The program that has the name.</summary>
    public const string Program = "vm_concierge";

    public const string Name = "org.chromium.VmConcierge";
    public const string Path = "/org/chromium/VmConcierge";
    public const string Interface = "org.chromium.VmConcierge";

    /// <summary>What this implementation adds to the original's interface.</summary>
    public const string OwnInterface = "org.vmtools.Concierge1";

    /// <summary>Method of <see cref="OwnInterface"/>: the daemon's own <see cref="Instance.DaemonRecord"/> as JSON.</summary>
    public const string InstanceMember = "Instance";

    /// <summary>Signal of <see cref="OwnInterface"/>: owner id, VM name, and the step as a sentence.</summary>
    public const string StartStepSignal = "VmStartStep";

    /// <summary>
    /// Signal of <see cref="OwnInterface"/> just before each VmStopped: owner id, VM name, and why it ended as a sentence, a kernel's panic
    /// with its own words.
    /// </summary>
    public const string EndedSignal = "VmEnded";
}

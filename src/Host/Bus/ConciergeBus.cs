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

    /// <summary>Signal of <see cref="OwnInterface"/> while a VM goes down: owner id, VM name, and the step as a sentence.</summary>
    public const string StopStepSignal = "VmStopStep";

    /// <summary>
    /// Signal of <see cref="OwnInterface"/>: owner id, VM name, its state as 'vmc list' names it, and the reason or nothing.
    /// </summary>
    public const string StateChangedSignal = "VmStateChanged";

    /// <summary>Method of <see cref="OwnInterface"/>: the original's StopVm, and whether its guest is not to be asked.</summary>
    public const string StopMember = "StopVm";

    /// <summary>Method of <see cref="OwnInterface"/>: the states of an owner's VMs as JSON, see <see cref="VmStateReport"/>.</summary>
    public const string StatesMember = "VmStates";

    /// <summary>
    /// Signal of <see cref="OwnInterface"/> just before each VmStopped: owner id, VM name, and why it ended as a sentence, a kernel's panic
    /// with its own words.
    /// </summary>
    public const string EndedSignal = "VmEnded";
}

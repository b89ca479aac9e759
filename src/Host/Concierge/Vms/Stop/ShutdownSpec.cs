namespace VmTools.Host.Concierge.Vms.Stop;

/// <summary>One VM that is to end, and how the callers that wait hear of it.</summary>
/// <param name="Vm">The VM.</param>
/// <param name="Step">Takes each step, as a sentence.</param>
/// <param name="Force">Completes when a caller does not want to wait for the guest.</param>
internal sealed record ShutdownSpec(RunningVm Vm, Action<string> Step, Task Force)
{
    /// <summary>Why the guest stands still and cannot be asked; null while it runs.</summary>
    public Func<string?> Pause { get; init; } = static () => null;
}

/// <summary>How far the guest followed the request to switch itself off.</summary>
internal enum FarewellOutcome
{
    /// <summary>Everything in it has ended; the machine is to follow in a moment.</summary>
    Done,

    /// <summary>Its kernel took the request in place of its agent: the disks are written, the programs were not asked.</summary>
    DoneByKernel,

    /// <summary>It did not take the request in time.</summary>
    NoAnswer,

    /// <summary>Its VMM has stopped it.</summary>
    Paused,

    /// <summary>A caller did not want to wait any longer.</summary>
    Forced,
}

/// <summary>How a VM went. <paramref name="Sentence"/> is for a person and is null where it went as it should.</summary>
internal sealed record ShutdownOutcome(bool HasEnded, string? Sentence);

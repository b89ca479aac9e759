using System.Text.Json.Serialization;

namespace VmTools.Host.Concierge.Vms;

/// <summary>How a VM ended, when and why, kept for later questions.</summary>
internal sealed record VmEnding(VmStopReason Reason, string Sentence, DateTimeOffset Time)
{
    /// <summary>The guest did not switch itself off, though that was asked for or should have been.</summary>
    public bool IsForced { get; init; }

    /// <summary>A caller asked for the end, and it came as it should.</summary>
    [JsonIgnore]
    public bool IsAsUsual => Reason != VmStopReason.VmExited && !IsForced;

    public static string SentenceFor(VmStopReason reason) => reason switch
    {
        VmStopReason.VmExited => "It ended by itself.",
        VmStopReason.StopVmRequested => "It was asked to stop.",
        VmStopReason.StopAllVmsRequested => "All VMs were asked to stop.",
        VmStopReason.DestroyDiskImageRequested => "Its disk was destroyed.",
        VmStopReason.ServiceShutdown => "vm_concierge ended.",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "A VM does not end for such a reason."),
    };
}

/// <summary>Why a VM ended. The numbers are those of <c>vm_tools.concierge.VmStopReason</c>.</summary>
internal enum VmStopReason
{
    VmExited = 0,
    StopVmRequested = 1,
    StopAllVmsRequested = 2,
    DestroyDiskImageRequested = 3,
    ServiceShutdown = 4,
}

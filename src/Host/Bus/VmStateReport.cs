using System.Text.Json;
using System.Text.Json.Serialization;
using VmTools.Protocol;

namespace VmTools.Host.Bus;

/// <summary>
/// How one VM is, as vm_concierge tells its clients: starting, running, paused, not answering, stopping or stopped, and why.
/// A client of a later daemon must bear states and fields that it does not know.
/// </summary>
internal sealed record VmStateReport(string Name, string State)
{
    /// <summary>Why it does not run although it should; null where there is nothing to say.</summary>
    public string? Reason { get; init; }

    public uint? Cid { get; init; }

    public int? Pid { get; init; }

    public long MemoryMib { get; init; }

    /// <summary>What the VM may take of the host at most; 0 where that is not known.</summary>
    public long HostMemoryMib { get; init; }

    /// <summary>How it ended last; null while it is there.</summary>
    public VmEndingReport? Ended { get; init; }
}

/// <summary>When and why a VM ended, and whether its guest was not able to switch itself off.</summary>
internal sealed record VmEndingReport(DateTimeOffset Time, string Reason, bool Forced);

/// <summary>The reports of an owner's VMs as JSON, which is how they travel.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(IReadOnlyList<VmStateReport>))]
internal sealed partial class VmStateReports : JsonSerializerContext
{
    public static string Write(IReadOnlyList<VmStateReport> reports) =>
        JsonSerializer.Serialize(reports, Default.IReadOnlyListVmStateReport);

    public static IReadOnlyList<VmStateReport> Read(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, Default.IReadOnlyListVmStateReport) ?? [];
        }
        catch (JsonException garbled)
        {
            throw new VmToolsException(
                ErrorKind.Internal,
                "vm_concierge told the states of VMs in a way that cannot be read. 'vmc version' shows whose version it is.", garbled);
        }
    }
}

using System.Text.Json;
using System.Text.Json.Serialization;
using VmTools.Protocol;

namespace VmTools.Host.Bus;

/// <summary>A snapshot of a container as vm_cicerone tells of it to its clients.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Made">When it was made, in seconds since 1970, as the VM says.</param>
internal sealed record SnapshotReport(string Name, long Made);

/// <summary>The reports of a container's snapshots as JSON, which is how they travel.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(IReadOnlyList<SnapshotReport>))]
internal sealed partial class SnapshotReports : JsonSerializerContext
{
    public static string Write(IReadOnlyList<SnapshotReport> reports) =>
        JsonSerializer.Serialize(reports, Default.IReadOnlyListSnapshotReport);

    public static IReadOnlyList<SnapshotReport> Read(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, Default.IReadOnlyListSnapshotReport) ?? [];
        }
        catch (JsonException garbled)
        {
            throw new VmToolsException(
                ErrorKind.Internal,
                "vm_cicerone told of snapshots in a way that cannot be read. 'vmc version' shows whose version it is.", garbled);
        }
    }
}

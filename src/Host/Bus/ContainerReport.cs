using System.Text.Json;
using System.Text.Json.Serialization;
using VmTools.Protocol;

namespace VmTools.Host.Bus;

/// <summary>
/// One container of a VM, as vm_cicerone tells its clients: RUNNING, STOPPED, STARTING or STOPPING, and what is known of it. What is not
/// known is empty. A client of a later daemon must bear states and fields that it does not know.
/// </summary>
internal sealed record ContainerReport(string Name, string State)
{
    public string Ipv4 { get; init; } = "";

    public string Username { get; init; } = "";

    public string Os { get; init; } = "";

    /// <summary>The UUID of the image it was made from.</summary>
    public string Image { get; init; } = "";

    /// <summary>Whether the agent in it has said that it can be called.</summary>
    public bool Garcon { get; init; }

    /// <summary>The TCP ports that something in it listens on, as far as IPv4 connections from within reach them.</summary>
    public IReadOnlyList<int> Ports { get; init; } = [];
}

/// <summary>The reports of a VM's containers as JSON, which is how they travel.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(IReadOnlyList<ContainerReport>))]
internal sealed partial class ContainerReports : JsonSerializerContext
{
    public static string Write(IReadOnlyList<ContainerReport> reports) =>
        JsonSerializer.Serialize(reports, Default.IReadOnlyListContainerReport);

    public static IReadOnlyList<ContainerReport> Read(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, Default.IReadOnlyListContainerReport) ?? [];
        }
        catch (JsonException garbled)
        {
            throw new VmToolsException(
                ErrorKind.Internal,
                "vm_cicerone told of containers in a way that cannot be read. 'vmc version' shows whose version it is.", garbled);
        }
    }
}

using System.Text.Json.Serialization;

namespace VmTools.Host.Instance;

/// <summary>The JSON shape of the daemons' records, generated at build time.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(DaemonRecord))]
internal sealed partial class DaemonRecordJson : JsonSerializerContext;

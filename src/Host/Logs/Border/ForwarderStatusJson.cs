using System.Text.Json.Serialization;
using VmTools.Host.Logs.Resources;

namespace VmTools.Host.Logs.Border;

/// <summary>The JSON shape of the counters, generated at build time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ForwarderStatus))]
internal sealed partial class ForwarderStatusJson : JsonSerializerContext;

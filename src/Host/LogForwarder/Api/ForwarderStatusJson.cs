using System.Text.Json.Serialization;

namespace VmTools.Host.LogForwarder.Api;

/// <summary>The JSON shape of the counters, generated at build time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ForwarderStatus))]
internal sealed partial class ForwarderStatusJson : JsonSerializerContext;

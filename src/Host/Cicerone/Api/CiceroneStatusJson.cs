using System.Text.Json.Serialization;

namespace VmTools.Host.Cicerone.Api;

/// <summary>The JSON shape of the counters, generated at build time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(CiceroneStatus))]
internal sealed partial class CiceroneStatusJson : JsonSerializerContext;

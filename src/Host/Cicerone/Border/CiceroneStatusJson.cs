using System.Text.Json.Serialization;
using VmTools.Host.Cicerone.Resources;

namespace VmTools.Host.Cicerone.Border;

/// <summary>The JSON shape of the counters, generated at build time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(CiceroneStatus))]
internal sealed partial class CiceroneStatusJson : JsonSerializerContext;

using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using VmTools.Host.Vmc.Crashes;
using VmTools.Host.Vmc.Daemon;
using VmTools.Host.Vmc.Doctor;

namespace VmTools.Host.Vmc;

/// <summary>The JSON that <c>--json</c> prints: names in snake case, absent things absent, text as it is.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true)]
[JsonSerializable(typeof(IReadOnlyList<VmRow>))]
[JsonSerializable(typeof(VmRow))]
[JsonSerializable(typeof(DiskRows))]
[JsonSerializable(typeof(IReadOnlyList<CrashRow>))]
[JsonSerializable(typeof(CrashDetail))]
[JsonSerializable(typeof(VersionReport))]
[JsonSerializable(typeof(DoctorReport))]
[JsonSerializable(typeof(DaemonReport.Json), TypeInfoPropertyName = "DaemonReportJson")]
internal sealed partial class VmcJson : JsonSerializerContext
{
    /// <summary>For a terminal or a pipe, not for a web page, so letters beyond ASCII need no escape.</summary>
    private static readonly VmcJson Plain = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public static void Write<T>(TextWriter output, T value) =>
        output.WriteLine(JsonSerializer.Serialize(value, (JsonTypeInfo<T>)Plain.GetTypeInfo(typeof(T))!));
}

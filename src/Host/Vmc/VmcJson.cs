using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using VmTools.Host.CommandLine;
using VmTools.Host.GuestText;
using VmTools.Host.Vmc.Cli;
using VmTools.Host.Vmc.Containers;
using VmTools.Host.Vmc.Crashes;
using VmTools.Host.Vmc.Daemon;
using VmTools.Host.Vmc.Disks;
using VmTools.Host.Vmc.Doctor;
using VmTools.Host.Vmc.Machines;

namespace VmTools.Host.Vmc;

/// <summary>
/// The JSON that <c>--json</c> prints: names in snake case, null for what is not there, times in UTC, text as it is. docs/cli.md has the
/// shapes. A verb's type of answer is listed here.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(UtcTime)],
    WriteIndented = true)]
[JsonSerializable(typeof(IReadOnlyList<VmRow>))]
[JsonSerializable(typeof(VmRow))]
[JsonSerializable(typeof(StoppedVm))]
[JsonSerializable(typeof(IReadOnlyList<StoppedVm>))]
[JsonSerializable(typeof(IReadOnlyList<DiskRow>))]
[JsonSerializable(typeof(IReadOnlyList<ContainerRow>))]
[JsonSerializable(typeof(ContainerRow))]
[JsonSerializable(typeof(IReadOnlyList<CrashRow>))]
[JsonSerializable(typeof(CrashDetail))]
[JsonSerializable(typeof(VersionReport))]
[JsonSerializable(typeof(DoctorReport))]
[JsonSerializable(typeof(DaemonReport.Json), TypeInfoPropertyName = "DaemonReportJson")]
[JsonSerializable(typeof(ErrorAnswer))]
internal sealed partial class VmcJson : JsonSerializerContext
{
    private static readonly VmcJson OneLine = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    /// <summary>The answers are for a terminal or a pipe, not for a web page, so letters beyond ASCII need no escape.</summary>
    public static readonly VmcJson Answers = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new UtcTime() },
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    /// <summary>What went wrong, on standard error, in one line.</summary>
    public static void WriteError(TextWriter error, ProgramFailure failure) =>
        error.WriteLine(SafeText.ForJson(
            JsonSerializer.Serialize(
                new ErrorAnswer(failure with { Message = failure.Message.ReplaceLineEndings(" ") }), OneLine.ErrorAnswer)));
}

/// <summary>What <c>--json</c> makes of an error.</summary>
internal sealed record ErrorAnswer(ProgramFailure Error);

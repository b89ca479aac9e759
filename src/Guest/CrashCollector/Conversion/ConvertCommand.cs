using System.Globalization;
using System.Text;
using System.Text.Json;
using VmTools.Crash.Conversion;

namespace VmTools.Guest.CrashCollector.Conversion;

/// <summary>A core file, or standard input, into a minidump file: for benches, and for people who have a core.</summary>
internal static class ConvertCommand
{
    public static async Task<int> RunAsync(string core, string minidump)
    {
        try
        {
            await using var input = core == "-" ? Console.OpenStandardInput() : File.OpenRead(core);
            await using var output = new FileStream(minidump, FileMode.Create, FileAccess.ReadWrite);
            var outcome = CoreConverter.Convert(input, new ProcessFacts(), DumpBudget.Default, output, CancellationToken.None);
            await Console.Out.WriteLineAsync(Line(outcome));
            return outcome.HasDump ? 0 : 1;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"crash_collector: {core} was not converted into {minidump}: {failure.Message}");
            return 1;
        }
    }

    private static string Line(ConversionOutcome outcome)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteBoolean("has_dump", outcome.HasDump);
            json.WriteString("state", CoreConversion.WordOf(outcome.State));
            json.WriteString("problem", outcome.Problem);
            json.WriteNumber("signal", outcome.Signal);
            json.WriteNumber("signal_code", outcome.SignalCode);
            json.WriteString("fault_address", string.Create(CultureInfo.InvariantCulture, $"0x{outcome.FaultAddress:x}"));
            json.WriteNumber("threads", outcome.Threads);
            json.WriteNumber("modules", outcome.Modules);
            json.WriteNumber("core_bytes", outcome.CoreBytes);
            json.WriteNumber("dump_bytes", outcome.DumpBytes);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }
}

using System.Globalization;
using VmTools.Host.GuestText;

namespace VmTools.Host.Vmc.Crashes;

/// <summary>Writes what is known of a crash for people.</summary>
internal sealed class CrashPrinter(TextWriter output, TimeProvider clock)
{
    private const int RegistersInRow = 3;
    private const string Indent = "  ";

    public void Print(CrashDetail detail, CrashShowOptions options)
    {
        Line(detail.Sentence);
        PrintFacts(detail);
        foreach (var thread in detail.Threads ?? [])
        {
            PrintThread(thread);
        }

        if (detail.Threads is [var first, ..] && first.Registers.Count > 0)
        {
            PrintRegisters(first);
        }

        Section("Modules", detail.Modules?.Select(module => $"{module.Start}  {module.Size,-10}  {module.Path}  {module.BuildId}"));
        Section("Memory map", detail.Maps);
        Section("Metadata", detail.Metadata?.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}: {pair.Value}"));
        Section("Processes", options.AllThreads ? detail.ProcessTree : detail.ProcessTree?.Where(IsHeadline));
        Section("Kernel", detail.KernelLines);
        Section("Missing", detail.Notes);
    }

    /// <summary>A time in the reader's own zone; a dash where none is known.</summary>
    public static string TimeText(DateTimeOffset? time, TimeProvider clock) =>
        time is { } known
            ? TimeZoneInfo.ConvertTime(known, clock.LocalTimeZone).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)
            : "-";

    /// <summary>Which process it was and how it was called; the rest of the tree is long.</summary>
    private static bool IsHeadline(string line) =>
        line.StartsWith("###", StringComparison.Ordinal) || line.StartsWith("cmdline:", StringComparison.Ordinal);

    private void PrintFacts(CrashDetail detail)
    {
        Fact("Report", detail.Crash.Id);
        Fact("VM", detail.Crash.Vm);
        Fact("Time", TimeText(detail.Crash.Time, clock));
        if (detail.Signal is { } signal)
        {
            var address = signal.Address is null ? "" : $", address {signal.Address}";
            Fact("Signal", string.Create(
                CultureInfo.InvariantCulture,
                $"{signal.Name ?? "unknown"} ({signal.Number}), code "
                + $"{signal.Code}{(signal.Meaning is null ? "" : $": {signal.Meaning}")}{address}"));
        }

        if (detail.ThreadCount is { } count)
        {
            Fact("Threads", count.ToString(CultureInfo.InvariantCulture));
        }
    }

    private void PrintThread(ThreadDetail thread)
    {
        var name = thread.Name.Length > 0 ? $" ({thread.Name})" : "";
        output.WriteLine();
        Line(string.Create(CultureInfo.InvariantCulture, $"Thread {thread.Id}{name}{(thread.HasDied ? ", which died" : "")}:"));
        foreach (var (frame, index) in thread.Frames.Select((frame, index) => (frame, index)))
        {
            var function = frame.Function is null
                ? ""
                : $"  {frame.Function}{(frame.FunctionOffset is > 0 ? $"+{frame.FunctionOffset}" : "")}";
            var source = frame.File is null ? "" : $"  at {frame.File}{(frame.Line is null ? "" : $":{frame.Line}")}";
            Line(string.Create(
                CultureInfo.InvariantCulture,
                $"{Indent}#{index,-3} {frame.Address,-18}  {frame.Place ?? "in no module"}{function}{source}"));
        }
    }

    private void PrintRegisters(ThreadDetail thread) => Section(
        "Registers",
        thread.Registers.Chunk(RegistersInRow)
            .Select(row => string.Concat(row.Select(register => $"{register.Key,-7}{register.Value,-20}")).TrimEnd()));

    private void Section(string title, IEnumerable<string>? lines)
    {
        var isFirst = true;
        foreach (var line in lines ?? [])
        {
            if (isFirst)
            {
                output.WriteLine();
                Line($"{title}:");
                isFirst = false;
            }

            Line(Indent + line);
        }
    }

    private void Fact(string name, string value) => Line($"{Indent}{name,-9}{value}");

    /// <summary>A guest's program chose its own name and the names of its threads, files and functions.</summary>
    private void Line(string text) => output.WriteLine(SafeText.ForTerminal(text));
}

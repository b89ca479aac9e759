using System.Globalization;
using VmTools.Host.Vmc.Cli;

namespace VmTools.Host.Vmc.Crashes;

/// <summary>Writes what is known of a crash for people.</summary>
internal sealed class CrashPrinter(TextWriter output, TimeProvider clock)
{
    private const int RegistersInRow = 3;
    private const string Indent = "  ";

    public void Print(CrashDetail detail, CrashShowOptions options)
    {
        output.WriteLine(detail.Sentence);
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

    /// <summary>Which process it was and how it was called; the rest of the tree is long.</summary>
    private static bool IsHeadline(string line) => line.StartsWith("###", StringComparison.Ordinal) || line.StartsWith("cmdline:", StringComparison.Ordinal);

    private void PrintFacts(CrashDetail detail)
    {
        Fact("Report", detail.Crash.Id);
        Fact("VM", VmcTable.Printable(detail.Crash.Vm));
        Fact("Time", CrashText.Time(detail.Crash.Time, clock));
        if (detail.Signal is { } signal)
        {
            var address = signal.Address is null ? "" : $", address {signal.Address}";
            Fact("Signal", string.Create(CultureInfo.InvariantCulture, $"{signal.Name ?? "unknown"} ({signal.Number}), code {signal.Code}{(signal.Meaning is null ? "" : $": {signal.Meaning}")}{address}"));
        }

        if (detail.ThreadCount is { } count)
        {
            Fact("Threads", count.ToString(CultureInfo.InvariantCulture));
        }
    }

    private void PrintThread(ThreadDetail thread)
    {
        var name = thread.Name.Length > 0 ? $" ({thread.Name})" : "";
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\nThread {thread.Id}{name}{(thread.HasDied ? ", which died" : "")}:"));
        foreach (var (frame, index) in thread.Frames.Select((frame, index) => (frame, index)))
        {
            var function = frame.Function is null ? "" : $"  {frame.Function}{(frame.FunctionOffset is > 0 ? $"+{frame.FunctionOffset}" : "")}";
            var source = frame.File is null ? "" : $"  at {frame.File}{(frame.Line is null ? "" : $":{frame.Line}")}";
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Indent}#{index,-3} {frame.Address,-18}  {frame.Place ?? "in no module"}{function}{source}"));
        }
    }

    private void PrintRegisters(ThreadDetail thread) => Section(
        "Registers",
        thread.Registers.Chunk(RegistersInRow).Select(row => string.Concat(row.Select(register => $"{register.Key,-7}{register.Value,-20}")).TrimEnd()));

    private void Section(string title, IEnumerable<string>? lines)
    {
        var isFirst = true;
        foreach (var line in lines ?? [])
        {
            if (isFirst)
            {
                output.WriteLine($"\n{title}:");
                isFirst = false;
            }

            output.WriteLine(Indent + line);
        }
    }

    private void Fact(string name, string value) => output.WriteLine($"{Indent}{name,-9}{value}");
}

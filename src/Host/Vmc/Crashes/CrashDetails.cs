using System.Globalization;
using System.Text;
using VmTools.Crash.Minidumps;
using VmTools.Host.CrashStore;
using VmTools.Host.Debugging;
using VmTools.Host.GuestText;
using VmTools.Host.LogStore;

namespace VmTools.Host.Vmc.Crashes;

/// <summary>Puts together what is known of a crash. Whatever a guest wrote is cleaned on its way here.</summary>
internal static class CrashDetails
{
    private const int MostName = 64;
    private const int MostTextBytes = 1 << 20;

    public static CrashDetail Of(KernelFault kernel, CrashEntry entry) => new(CrashRow.Of(entry), entry.Sentence)
    {
        KernelLines = [.. kernel.Lines.Select(line => Encoding.UTF8.GetString(line.Content.Span))],
    };

    /// <summary>Of a report without a minidump that can be read.</summary>
    public static CrashDetail Of(StoredReport report, CrashEntry entry) => new(CrashRow.Of(entry), entry.Sentence)
    {
        Metadata = report.Metadata.Fields,
        ProcessTree = File.Exists(report.Tree) ? LinesOf(File.ReadAllBytes(report.Tree)) : null,
    };

    public static CrashDetail With(CrashDetail known, CrashAnalysis analysis, CrashShowOptions options)
    {
        var threads = options.AllThreads ? Ordered(analysis) : analysis.Thread is { } thread ? [thread] : [];
        return known with
        {
            Signal = analysis.Dump.Exception is { } exception ? Of(exception) : null,
            Threads = [.. threads.Select(thread => Of(thread, analysis))],
            ThreadCount = analysis.Dump.Threads.Count,
            Modules =
            [
                .. analysis.Dump.Modules.Select(module =>
                    new ModuleDetail(CrashAnalysis.PathOf(module), Hex(module.Start), Hex(module.Size), module.BuildId)),
            ],
            Maps = options.Maps ? LinesOf(analysis.Dump.LinuxMaps.Span) : null,
            Notes = [.. known.Notes, .. analysis.Notes],
        };
    }

    private static IEnumerable<MinidumpThread> Ordered(CrashAnalysis analysis) =>
        analysis.Dump.Threads.OrderBy(thread => thread != analysis.Thread);

    private static SignalDetail Of(MinidumpCrash crash) => new(crash.Signal, SignalCodes.NameOf(crash.Signal))
    {
        Code = crash.Code,
        Meaning = SignalCodes.WordsFor(crash.Signal, crash.Code),
        Address = SignalCodes.IsAboutAddress(crash.Signal, crash.Code) ? Hex(crash.Address) : null,
    };

    private static ThreadDetail Of(MinidumpThread thread, CrashAnalysis analysis) => new(
        thread.Id, SafeText.ForFile(thread.Name, MostName), thread == analysis.Dump.CrashedThread)
    {
        Frames =
        [
            .. analysis.StackOf(thread).Select(frame => new FrameDetail(Hex(frame.Address), analysis.PlaceOf(frame.Address))
            {
                Function = frame.Function,
                FunctionOffset = frame.FunctionOffset,
                File = frame.File,
                Line = frame.Line,
            }),
        ],
        Registers = thread.Registers.ToDictionary(register => register.Name, register => Hex(register.Value), StringComparer.Ordinal),
    };

    private static string[] LinesOf(ReadOnlySpan<byte> text) =>
        Encoding.UTF8.GetString(SafeText.LinesForFile(Encoding.UTF8.GetString(text[..Math.Min(text.Length, MostTextBytes)]), MostTextBytes))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static string Hex(ulong value) => string.Create(CultureInfo.InvariantCulture, $"0x{value:x}");
}

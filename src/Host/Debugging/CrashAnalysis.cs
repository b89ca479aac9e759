using System.Globalization;
using VmTools.Crash.Minidumps;
using VmTools.Host.CrashStore;
using VmTools.Host.GuestText;

namespace VmTools.Host.Debugging;

/// <summary>
/// What the minidump of a report tells, with the stacks a debugger found; reads a file of which every byte may be a guest's.
/// </summary>
internal sealed class CrashAnalysis
{
    /// <summary>A setting may let larger ones in.</summary>
    private const long MostBytes = 64L << 20;

    private const int MostText = 512;

    private readonly IReadOnlyDictionary<uint, IReadOnlyList<StackFrame>> _stacks;

    private CrashAnalysis(MinidumpFile dump, DebuggerAnswer answer)
    {
        Dump = dump;
        _stacks = answer.Stacks ?? new Dictionary<uint, IReadOnlyList<StackFrame>>();
        Notes = [.. answer.Problem is null ? [] : new[] { answer.Problem }, .. NamelessModules()];
    }

    public MinidumpFile Dump { get; }

    /// <summary>What is missing, and what brings it.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>The thread that died, or the first.</summary>
    public MinidumpThread? Thread => Dump.CrashedThread ?? (Dump.Threads is [var first, ..] ? first : null);

    /// <summary>Null, and the problem in words, where the report has no minidump that can be read.</summary>
    public static (MinidumpFile? Dump, string Problem) Read(StoredReport report)
    {
        try
        {
            var file = new FileInfo(report.Dump);
            if (!file.Exists)
            {
                return (null, "The report has no minidump.");
            }

            if (file.Length > MostBytes)
            {
                return (null, $"The minidump has {file.Length} bytes, which is too much to be read.");
            }

            return MinidumpFile.TryRead(File.ReadAllBytes(report.Dump), out var dump, out var problem) ? (dump, "") : (null, problem);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return (null, $"The minidump cannot be read: {refused.Message}");
        }
    }

    public static CrashAnalysis Of(MinidumpFile dump, DebuggerAnswer answer) => new(dump, answer);

    /// <summary>The stack that the debugger found; without one, the place where the thread was.</summary>
    public IReadOnlyList<StackFrame> StackOf(MinidumpThread thread) =>
        _stacks.TryGetValue(thread.Id, out var frames) && frames.Count > 0 ? frames
        : thread.Registers.Count > 0 ? [new StackFrame(thread.InstructionPointer)]
        : [];

    /// <summary><c>libc.so.6+0x3c0a5</c>, or null where no module is.</summary>
    public string? PlaceOf(ulong address) =>
        Dump.ModuleOf(address) is { } module
            ? string.Create(CultureInfo.InvariantCulture, $"{NameOf(module)}+0x{address - module.Start:x}")
            : null;

    public static string NameOf(MinidumpModule module) => SafeText.ForFile(Path.GetFileName(module.Path), MostText);

    public static string PathOf(MinidumpModule module) => SafeText.ForFile(module.Path, MostText);

    private IEnumerable<string> NamelessModules() =>
        _stacks.Values.SelectMany(frames => frames).Where(frame => frame.Function is null).Select(frame => Dump.ModuleOf(frame.Address))
            .OfType<MinidumpModule>().Distinct().OrderBy(module => module.Start).Select(module =>
                $"Functions of {PathOf(module)} have no names: a binary with symbols, or a debug file, of build id "
                + $"{(module.BuildId.Length > 0 ? module.BuildId : "(none)")} is not at hand. --sysroot and --symbols say where to look.");
}

using System.Text;
using VmTools.Host.Instance;
using VmTools.Host.LogStore;
using VmTools.Host.Vms;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vms.Stop;

/// <summary>What a VM's console said in one run, to explain its end. A log that cannot be read says nothing.</summary>
internal sealed record ConsoleHistory(VmLogPaths Paths, Cid Cid, DateTimeOffset Since)
{
    /// <summary>Longer texts of a guest are cut where they stand in a sentence of ours.</summary>
    private const int MostLetters = 200;

    public static ConsoleHistory Of(InstanceDirectories directories, VmRecord record) => new(
        VmLogPaths.Of(directories, record.Id), new Cid(record.Cid), record.Started);

    public string File => Paths.FileOf(LogSource.Console);

    public IReadOnlyList<string> LastLines(int count) => [.. Read(File).Select(TextOf).TakeLast(count)];

    /// <summary>
    /// <c>kernel panic: …</c> with the panic's own text and what led to it, or null when the kernel did not say that it dies.
    /// </summary>
    public string? Panic() => KernelFaults.LastPanic(Faults()) is not { } panic ? null
        : panic.Cause is { } cause ? $"kernel panic: {Cut(panic.Words)} (after: {Cut(cause)})"
        : $"kernel panic: {Cut(panic.Words)}";

    private List<KernelFault> Faults()
    {
        try
        {
            return [.. KernelFaults.Read(Paths).Where(fault => fault.Cid == Cid.Value && fault.Time >= Since)];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static string TextOf(StoredLine line) => Cut(Encoding.UTF8.GetString(line.Content.Span));

    private static string Cut(string text) => text.Length <= MostLetters ? text : text[..MostLetters];

    private List<StoredLine> Read(string path)
    {
        try
        {
            return
            [
                .. new LogHistory(LogSource.Console, path, TimeZoneInfo.Utc).Read().Select(record => record.Line)
                    .Where(line => line.Cid == Cid.Value && line.Time >= Since),
            ];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}

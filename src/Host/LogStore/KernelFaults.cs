using System.Text;

namespace VmTools.Host.LogStore;

/// <summary>
/// Reads what the kernels of one VM told of their faults, from the file that vm_vsock keeps for them. Every program that shows a panic
/// reads it here.
/// </summary>
internal static class KernelFaults
{
    /// <summary>
    /// A kernel tells all of a fault at once, in a second or two under emulation; what comes after such a pause is another one.
    /// </summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    /// <summary>The faults of all runs of the VM, oldest first.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file belongs to another user.</exception>
    public static IEnumerable<KernelFault> Read(VmLogPaths paths) =>
        In(new LogHistory(LogSource.Console, paths.Panics, TimeZoneInfo.Utc).Read().Select(record => record.Line));

    /// <summary>The last panic of these faults, with what the kernels told before the first one; null where no kernel has died.</summary>
    public static KernelPanic? LastPanic(IReadOnlyList<KernelFault> faults)
    {
        var first = faults.FirstOrDefault(fault => fault.IsPanic);
        if (first is null)
        {
            return null;
        }

        var last = faults.Last(fault => fault.IsPanic);
        var before = faults.TakeWhile(fault => fault != first).Append(first);
        var cause = before.Select(fault => fault.Cause).FirstOrDefault(told => told is not null);
        return new KernelPanic(last.PanicTime, last.Words, cause);
    }

    private static IEnumerable<KernelFault> In(IEnumerable<StoredLine> lines)
    {
        List<StoredLine> fault = [];
        foreach (var line in lines)
        {
            if (fault is [.., var last] && (last.Cid != line.Cid || line.Time - last.Time > LongestPause))
            {
                yield return new KernelFault(fault);
                fault = [];
            }

            fault.Add(line);
        }

        if (fault.Count > 0)
        {
            yield return new KernelFault(fault);
        }
    }
}

/// <summary>A fault that a guest's kernel told of on its console: an oops, a panic, or one after the other.</summary>
internal sealed record KernelFault(IReadOnlyList<StoredLine> Lines)
{
    public DateTimeOffset Time => Lines[0].Time;

    public uint Cid => Lines[0].Cid;

    public bool IsPanic => PanicAt >= 0;

    /// <summary>When the kernel said that it dies, or when the fault began.</summary>
    public DateTimeOffset PanicTime => Lines[Math.Max(PanicAt, 0)].Time;

    /// <summary>The panic's own words, or how the fault begins.</summary>
    public string Words => Encoding.UTF8.GetString(
        PanicAt is >= 0 and var at ? KernelFaultLine.PanicReason(Lines[at].Content.Span) : KernelFaultLine.Message(Lines[0].Content.Span));

    /// <summary>The first thing that the kernel told of before it said that it dies; null where it died without a word before.</summary>
    public string? Cause =>
        Before.FirstOrDefault(line => KernelFaultLine.Begins(line.Content.Span)) is { Content.IsEmpty: false } line
            ? Encoding.UTF8.GetString(KernelFaultLine.Message(line.Content.Span))
            : null;

    public long Bytes => Lines.Sum(line => (long)line.Content.Length + 1);

    private IEnumerable<StoredLine> Before => Lines.Take(IsPanic ? PanicAt : Lines.Count);

    private int PanicAt { get; } = Lines.ToList().FindIndex(line => KernelFaultLine.IsPanic(line.Content.Span));
}

/// <summary>The death of a kernel: when it said so, the panic's own words, and what it had told of before.</summary>
internal sealed record KernelPanic(DateTimeOffset Time, string Words, string? Cause);

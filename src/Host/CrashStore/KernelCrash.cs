using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using VmTools.Host.LogStore;
using VmTools.Host.Vms;

namespace VmTools.Host.CrashStore;

/// <summary>
/// A fault that a guest's kernel told of on its console: an oops, a panic, or one after the other. Its id is made of its first line, so that
/// it is the same each time.
/// </summary>
internal sealed record KernelCrash(VmId Vm, IReadOnlyList<StoredLine> Lines)
{
    /// <summary>A kernel tells all of it at once; what comes later is another fault, as in vm_vsock.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    public DateTimeOffset Time => Lines[0].Time;

    public CrashId Id => CrashId.Of(Time, NumberOf(Lines[0]));

    public bool IsPanic => Lines.Any(line => KernelFaultLine.IsPanic(line.Content.Span));

    /// <summary>The panic's own words, or how the fault begins.</summary>
    public string Words
    {
        get
        {
            var panic = Lines.FirstOrDefault(line => KernelFaultLine.IsPanic(line.Content.Span));
            return Encoding.UTF8.GetString(panic.Content.IsEmpty ? KernelFaultLine.Message(Lines[0].Content.Span) : KernelFaultLine.PanicReason(panic.Content.Span));
        }
    }

    public long Bytes => Lines.Sum(line => (long)line.Content.Length + 1);

    /// <summary>All in the lines of a VM's file of faults.</summary>
    public static IEnumerable<KernelCrash> In(VmId vm, IEnumerable<StoredLine> lines)
    {
        List<StoredLine> crash = [];
        foreach (var line in lines)
        {
            if (crash is [.., var last] && (last.Cid != line.Cid || line.Time - last.Time > LongestPause))
            {
                yield return new KernelCrash(vm, crash);
                crash = [];
            }

            crash.Add(line);
        }

        if (crash.Count > 0)
        {
            yield return new KernelCrash(vm, crash);
        }
    }

    private static uint NumberOf(in StoredLine line)
    {
        var bytes = new byte[sizeof(long) + sizeof(uint) + line.Content.Length];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, line.Time.UtcTicks);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(sizeof(long)), line.Cid);
        line.Content.Span.CopyTo(bytes.AsSpan(sizeof(long) + sizeof(uint)));
        return BinaryPrimitives.ReadUInt32LittleEndian(SHA256.HashData(bytes));
    }
}

using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using VmTools.Host.LogStore;
using VmTools.Host.Vms;

namespace VmTools.Host.CrashStore;

/// <summary>
/// Something that died in a VM: a program or service of which a report is stored, or the kernel, of which the console tells.
/// </summary>
internal sealed record CrashEntry(VmId Vm, CrashId Id)
{
    /// <summary>Null for the kernel.</summary>
    public StoredReport? Report { get; private init; }

    /// <summary>Null for all but the kernel.</summary>
    public KernelFault? Kernel { get; private init; }

    public CrashKind Kind => Kernel is not null ? CrashKind.Kernel : Metadata.Kind;

    public DateTimeOffset? Time => Kernel?.Time ?? Metadata.Time;

    public string Executable => Kernel is null ? Metadata.Executable : "kernel";

    public int? Pid => Kernel is null ? Metadata.Pid : null;

    /// <summary>Null outside of a container.</summary>
    public string? Container => Kernel is null ? Metadata.Container : null;

    /// <summary>What ended it in a word.</summary>
    public string? Signal => Kernel switch
    {
        null => Kind == CrashKind.Service ? null : Metadata.SignalName,
        { IsPanic: true } => "panic",
        _ => "oops",
    };

    public long Bytes => Kernel?.Bytes ?? Report!.Bytes;

    public string Sentence => Kernel is null
        ? Metadata.Sentence
        : string.Create(CultureInfo.InvariantCulture, $"The kernel met a{(Kernel.IsPanic ? " panic" : "n oops")}: {Kernel.Words}");

    private CrashMetadata Metadata => Report!.Metadata;

    public static CrashEntry Of(StoredReport report) => new(report.Vm, report.Id) { Report = report };

    /// <summary>The id of a kernel's fault is made of its first line, so that it is the same each time.</summary>
    public static CrashEntry Of(VmId vm, KernelFault kernel) =>
        new(vm, CrashId.Of(kernel.Time, NumberOf(kernel.Lines[0]))) { Kernel = kernel };

    private static uint NumberOf(in StoredLine line)
    {
        var bytes = new byte[sizeof(long) + sizeof(uint) + line.Content.Length];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, line.Time.UtcTicks);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(sizeof(long)), line.Cid);
        line.Content.Span.CopyTo(bytes.AsSpan(sizeof(long) + sizeof(uint)));
        return BinaryPrimitives.ReadUInt32LittleEndian(SHA256.HashData(bytes));
    }
}

using System.Globalization;
using VmTools.Host.Vms;

namespace VmTools.Host.CrashStore;

/// <summary>Something that died in a VM: a program or service of which a report is stored, or the kernel, of which the console tells.</summary>
internal sealed record CrashEntry(VmId Vm, CrashId Id)
{
    /// <summary>Null for the kernel.</summary>
    public StoredReport? Report { get; private init; }

    /// <summary>Null for all but the kernel.</summary>
    public KernelCrash? Kernel { get; private init; }

    public CrashKind Kind => Kernel is not null ? CrashKind.Kernel : Facts.Kind;

    public DateTimeOffset? Time => Kernel?.Time ?? Facts.Time;

    public string Executable => Kernel is null ? Facts.Executable : "kernel";

    public int? Pid => Kernel is null ? Facts.Pid : null;

    /// <summary>What ended it in a word.</summary>
    public string? Signal => Kernel switch
    {
        null => Kind == CrashKind.Service ? null : Facts.SignalName,
        { IsPanic: true } => "panic",
        _ => "oops",
    };

    public long Bytes => Kernel?.Bytes ?? Report!.Bytes;

    public string Sentence => Kernel is null ? Facts.Sentence : string.Create(CultureInfo.InvariantCulture, $"The kernel met a{(Kernel.IsPanic ? " panic" : "n oops")}: {Kernel.Words}");

    private CrashFacts Facts => Report!.Facts;

    public static CrashEntry Of(StoredReport report) => new(report.Vm, report.Id) { Report = report };

    public static CrashEntry Of(KernelCrash kernel) => new(kernel.Vm, kernel.Id) { Kernel = kernel };
}

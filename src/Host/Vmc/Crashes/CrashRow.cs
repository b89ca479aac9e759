using VmTools.Host.CrashStore;

namespace VmTools.Host.Vmc.Crashes;

/// <summary>One crash in a listing.</summary>
internal sealed record CrashRow(string Id, string Vm, string Kind, string Executable)
{
    /// <summary>By the clock of the VM, as UTC.</summary>
    public DateTimeOffset? Time { get; init; }

    public string? Container { get; init; }

    public int? Pid { get; init; }

    public string? Signal { get; init; }

    public long Bytes { get; init; }

    public static CrashRow Of(CrashEntry entry) => new(entry.Id.Value, entry.Vm.Name.Value, KindOf(entry), entry.Executable)
    {
        Time = entry.Time,
        Container = entry.Container,
        Pid = entry.Pid,
        Signal = entry.Signal,
        Bytes = entry.Bytes,
    };

    public static string KindOf(CrashEntry entry) => entry.Kind switch
    {
        CrashKind.Program => "program",
        CrashKind.Service => "service",
        CrashKind.Kernel => "kernel",
        _ => throw new InvalidOperationException($"{entry.Kind} has no name."),
    };
}

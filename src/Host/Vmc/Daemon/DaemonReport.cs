using VmTools.Host.Instance;

namespace VmTools.Host.Vmc.Daemon;

/// <summary>What there is to know of the daemons of an instance. Of one that does not run, only directories and VMs are known.</summary>
internal sealed record DaemonReport(bool IsRunning, InstanceDirectories Directories)
{
    public int? Pid { get; init; }

    public string? Version { get; init; }

    public string? Bus { get; init; }

    public DateTimeOffset? Started { get; init; }

    public long? UptimeSeconds { get; init; }

    /// <summary>Whether it answers on its bus.</summary>
    public bool? Answers { get; init; }

    /// <summary>The VMs of which a process is alive.</summary>
    public required IReadOnlyList<string> Vms { get; init; }

    /// <summary>The variables it was started with, besides directories.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>The daemons that serve VMs beside it.</summary>
    public required IReadOnlyList<Sibling> Companions { get; init; }

    /// <summary>The pid is null where it does not run.</summary>
    internal sealed record Sibling(string Program, int? Pid);

    /// <summary>The directories as programs read them.</summary>
    internal sealed record Json(
        bool Running, int? Pid, string? Version, string? Bus, string RuntimeDir, string StateDir, string ImageDir, DateTimeOffset? Started, long? UptimeSeconds, bool? Answers,
        IReadOnlyList<string> Vms, IReadOnlyDictionary<string, string> Settings, IReadOnlyList<Sibling> Companions);

    public Json ToJson() => new(
        IsRunning, Pid, Version, Bus, Directories.Runtime, Directories.State, Directories.Image, Started, UptimeSeconds, Answers, Vms, Settings, Companions);
}

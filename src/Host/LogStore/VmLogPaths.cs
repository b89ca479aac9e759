using VmTools.Host.Instance;
using VmTools.Host.Vms;

namespace VmTools.Host.LogStore;

/// <summary>The log files of one VM. They belong to its name, not to one run of it, and outlive it.</summary>
internal sealed record VmLogPaths(string Directory)
{
    /// <summary>What was found about kernel panics and oopses: the lines from the first of each on.</summary>
    public string Panics => Path.Combine(Directory, "panic.log");

    /// <summary>The files that are written, of all sources.</summary>
    public IReadOnlyList<string> All => [FileOf(LogSource.Kernel), FileOf(LogSource.User), FileOf(LogSource.Console), Panics];

    /// <summary>The log files of this VM in this instance.</summary>
    public static VmLogPaths Of(InstanceDirectories directories, VmId id) =>
        new(Path.Combine(VmPaths.LogsOf(directories, id.Owner), id.Name.FileName));

    public string FileOf(LogSource source) => Path.Combine(Directory, source switch
    {
        LogSource.Kernel => "kern.log",
        LogSource.User => "user.log",
        LogSource.Console => "console.log",
        _ => throw new ArgumentOutOfRangeException(nameof(source), source, "There is no such source."),
    });
}

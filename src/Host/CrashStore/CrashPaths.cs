using VmTools.Host.Instance;
using VmTools.Host.Vms;

namespace VmTools.Host.CrashStore;

/// <summary>Where the reports of one VM are. They belong to its name, not to one run of it, and outlive it.</summary>
internal sealed record CrashPaths(string Directory)
{
    public const string Dump = ".dmp";
    public const string Meta = ".meta";
    public const string Tree = ".proclog";

    /// <summary>Of a report; the facts are written last and removed first, so that a report without them is none.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [Meta, Dump, Tree];

    public static CrashPaths Of(InstanceDirectories directories, VmId vm) =>
        new(Path.Combine(RootOf(directories, vm.Owner), vm.Name.FileName));

    public static string RootOf(InstanceDirectories directories, OwnerId owner) => Path.Combine(directories.State, owner.Value, "crash");

    public string FileOf(CrashId id, string extension) => Path.Combine(Directory, id.Value + extension);
}

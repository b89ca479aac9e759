using VmTools.Host.Instance;
using VmTools.Host.LogStore;
using VmTools.Host.Vms;
using VmTools.Protocol;

namespace VmTools.Host.CrashStore;

/// <summary>All that died in an owner's VMs, as far as it is kept. Programs read the files themselves, without any daemon.</summary>
internal sealed class CrashHistory(InstanceDirectories directories, OwnerId owner)
{
    /// <summary>What a user calls the one that came last.</summary>
    public const string Latest = "latest";

    private const int MostNamed = 5;

    /// <summary>The crashes in the order in which they came: all, or those of the VM of this name.</summary>
    public IReadOnlyList<CrashEntry> Read(string? vm)
    {
        try
        {
            return
            [
                .. CrashDirectory.ReportsOf(directories, owner).Select(CrashEntry.Of).Concat(Kernels())
                    .Where(entry => vm is null || entry.Vm.Name.Value == vm)
                    .OrderBy(entry => entry.Id.Value, StringComparer.Ordinal),
            ];
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new VmToolsException(
                ErrorKind.PermissionDenied, $"The crash reports in {directories.State} cannot be read: {refused.Message}", refused);
        }
    }

    /// <summary>The one whose id, or the part of it behind the hyphen, begins so; or the last.</summary>
    /// <exception cref="VmToolsException">There is none, or more than one.</exception>
    public CrashEntry Find(string text)
    {
        var all = Read(null);
        var meant = text == Latest ? [.. all.TakeLast(1)] : all.Where(entry => entry.Id.IsMeantBy(text)).ToList();
        return meant switch
        {
            [var one] => one,
            [] when text == Latest => throw new VmToolsException(ErrorKind.NotFound, "There is no crash report."),
            [] => throw new VmToolsException(ErrorKind.NotFound, $"There is no crash report '{text}'. 'vmc crash list' shows them."),
            _ => throw new VmToolsException(
                ErrorKind.InvalidArgument,
                $"'{text}' may mean {meant.Count} crash reports: "
                + $"{string.Join(", ", meant.TakeLast(MostNamed).Select(entry => entry.Id.Value))}"
                + $"{(meant.Count > MostNamed ? ", …" : "")}."),
        };
    }

    private IEnumerable<CrashEntry> Kernels()
    {
        var logs = VmPaths.LogsOf(directories, owner);
        foreach (var directory in Directory.Exists(logs) ? Directory.GetDirectories(logs) : [])
        {
            if (!VmName.TryFromFileName(Path.GetFileName(directory), out var name))
            {
                continue;
            }

            foreach (var fault in KernelFaults.Read(new VmLogPaths(directory)))
            {
                yield return CrashEntry.Of(new VmId(owner, name), fault);
            }
        }
    }
}

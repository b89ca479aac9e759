using System.Text;
using VmTools.Guest.Tremplin.Containers;
using VmTools.Guest.Tremplin.Lxc;
using VmTools.Guest.Tremplin.Storage;
using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Protocol;

namespace VmTools.Guest.Tremplin.Archive;

/// <summary>
/// Containers that begin as copies of others: on the same image, with a range of ids and an address of their own, and with all that the
/// other has written.
/// </summary>
internal sealed class ContainerCopies(TremplinPaths paths, ToolRun tools, ContainerStore store, ContainerTable containers)
{
    private const int MaxHostsBytes = 64 * 1024;

    private static readonly TimeSpan MountLimit = TimeSpan.FromSeconds(60);

    private readonly WrittenFiles _written = new(paths, tools);

    /// <summary>Begins to make it; how that ends the host is told.</summary>
    public RequestOutcome Begin(Container from, ContainerName name) => containers.CreateFrom(
        from.Look().Record,
        name,
        record => from.HoldAsync("being copied", async (source, running) =>
            await store.MakeFromAsync(record, async upper =>
            {
                await CopyAsync(source, record, running, upper);
                CallItself(record.Name, source.Name, upper);
            })));

    private async Task CopyAsync(ContainerRecord source, ContainerRecord copy, IRunningContainer? running, string upper)
    {
        var shifted = paths.View();
        Directory.CreateDirectory(shifted, FileModes.OwnerDoesAll);
        try
        {
            await tools.SucceedAsync(
                ContainerView.Shifted($"{paths.Of(source.Name)}/upper", shifted, source.Ids.First, copy.Ids.First),
                MountLimit,
                CancellationToken.None);
            await _written.CopyAsync(shifted, upper, running, CancellationToken.None);
        }
        finally
        {
            ContainerMounts.Unmount(shifted);
            Directory.Delete(shifted);
        }
    }

    /// <summary>The few files that say which machine it is; one that the other has made something else of stays as it is.</summary>
    private static void CallItself(ContainerName name, ContainerName former, string upper)
    {
        using var root = ForeignFile.TryOpenDirectory(upper) ?? throw new VmToolsException(ErrorKind.Internal, "its copy is not there");
        Rewrite(root, "etc/hostname", _ => $"{name}\n");
        Rewrite(root, "etc/machine-id", static _ => "");
        Rewrite(root, "etc/hosts", text => string.Join(
            '\n', text.Split('\n').Select(line => line == $"127.0.1.1\t{former}" ? $"127.0.1.1\t{name}" : line)));
    }

    private static void Rewrite(FdHandle root, string path, Func<string, string> change)
    {
        using var file = ForeignFile.TryOpenBelow(root, path);
        var bytes = new byte[MaxHostsBytes];
        if (file is null || Fd.TryReadAt(file, bytes, 0, out var count) != Errno.None || count == bytes.Length)
        {
            return;
        }

        var text = change(Encoding.UTF8.GetString(bytes, 0, count));
        using var emptied = ForeignFile.TryEmptyBelow(root, path);
        if (emptied is not null && Fd.TryWrite(emptied, Encoding.UTF8.GetBytes(text), out _) is var error and not Errno.None)
        {
            throw new VmToolsException(ErrorKind.ResourceExhausted, $"its {path} could not be written: {error}");
        }
    }
}

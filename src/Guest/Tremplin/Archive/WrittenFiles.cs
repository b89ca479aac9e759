using System.Globalization;
using VmTools.Guest.Tremplin.Lxc;
using VmTools.Protocol;

namespace VmTools.Guest.Tremplin.Archive;

/// <summary>
/// Copies what a container has written, with everything that its files have. A container that runs is frozen meanwhile, so that the copy is
/// of one moment.
/// </summary>
internal sealed class WrittenFiles(TremplinPaths paths, ToolRun tools)
{
    /// <summary>However much it is.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromHours(1);

    /// <param name="from">The directory that is copied; not a link.</param>
    /// <param name="to">The directory that is made.</param>
    /// <param name="running">Frozen for so long; null where the container does not run.</param>
    /// <param name="cancel">Ends it; what was copied stays for the caller to remove.</param>
    /// <exception cref="VmToolsException">There is no room for it, or it could not be copied.</exception>
    public async Task CopyAsync(string from, string to, IRunningContainer? running, CancellationToken cancel)
    {
        await RequireRoomAsync(from, cancel);
        try
        {
            await (running?.FreezeAsync(cancel) ?? Task.CompletedTask);
            await tools.SucceedAsync(
                ["cp", "--archive", "--reflink=auto", "--sparse=always", "--no-target-directory", "--", from, to], Limit, cancel);
        }
        finally
        {
            running?.Thaw();
        }

        await tools.SucceedAsync(["sync", "--file-system", "--", to], Limit, cancel);
    }

    private async Task RequireRoomAsync(string directory, CancellationToken cancel)
    {
        var outcome = await tools.RunAsync(["du", "--summarize", "--block-size=1", "--", directory], Limit, cancel);
        var free = new DriveInfo(paths.State).AvailableFreeSpace;
        if (long.TryParse(outcome.LastLine.Split('\t')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var used)
            && used > free - IncomingFiles.Reserve)
        {
            throw new VmToolsException(
                ErrorKind.ResourceExhausted,
                $"the VM's disk has {free >> 20} MiB free, and the copy needs {(used + IncomingFiles.Reserve) >> 20} MiB");
        }
    }
}

using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Disks;

/// <summary>
/// Puts an ext4 file system on an image with mkfs.ext4 on the host: that takes hundredths of a second, where an emulated
/// guest would take seconds.
/// </summary>
internal sealed class DiskFormatter(HostTools tools)
{
    /// <summary>
    /// A sparse image needs no zeroed inode tables; not leaving them to the guest keeps its kernel from filling the image
    /// with zeros later. The journal's old content does not matter on a new file.
    /// </summary>
    private static readonly string[] DefaultOptions = ["-E", "lazy_itable_init=0,lazy_journal_init=1,discard", "-i", "32768"];

    /// <summary>
    /// An image on which that failed or was broken off is blank again: half a file system would be taken for the user's data.
    /// </summary>
    public async Task FormatAsync(string path, IReadOnlyList<string> options, IReadOnlyList<string> tuneOptions, CancellationToken cancel)
    {
        try
        {
            string[] arguments = [.. options.Count > 0 ? options : DefaultOptions, "-q", "-F", path];
            await RunAsync("mkfs.ext4", arguments, cancel);
            if (tuneOptions.Count > 0)
            {
                await RunAsync("tune2fs", [.. tuneOptions, path], cancel);
            }
        }
        catch
        {
            Blank(path);
            throw;
        }
    }

    private static void Blank(string path)
    {
        // Not by the runtime's own files, which lock what they open and would meet the lock under which we format.
        using var image = FdHandle.Open(path, OpenFlags.WriteOnly | OpenFlags.NoFollow);
        var length = Fd.SizeOf(image);
        _ = DiskUsage.TrySetLength(image, 0);
        _ = DiskUsage.TrySetLength(image, length);
    }

    private async Task RunAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancel)
    {
        var outcome = await tools.RunAsync(program, arguments, cancel);
        if (!outcome.IsSuccess)
        {
            throw new VmToolsException(
                ErrorKind.Internal,
                $"{program} failed on the new disk: it {outcome.How}. It says: {string.Join(" / ", outcome.Output)}");
        }
    }
}

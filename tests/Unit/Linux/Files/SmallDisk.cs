using System.Diagnostics;
using VmTools.Unit.Linux.Mounting;

namespace VmTools.Unit.Linux.Files;

/// <summary>A file system of a few pages that the kernel itself finds full: a tmpfs in a mount name space of its own.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    public const int Page = 4096;

    private readonly Process _holder;

    private SmallDisk(Process holder) => _holder = holder;

    /// <summary>Seen through the process that holds the name space (proc_pid_root(5)).</summary>
    public string Path => $"/proc/{_holder.Id}/root/mnt";

    private string Filler => System.IO.Path.Combine(Path, "filler");

    public static async Task<SmallDisk> MountAsync(int pages)
    {
        var disk = new SmallDisk(OwnMounts.Start($"mount -t tmpfs -o size={pages * Page},mode=700 none /mnt && echo mounted && exec cat"));
        OwnMounts.Require(
            await disk._holder.StandardOutput.ReadLineAsync() == "mounted", "A name space with a mount of its own is not allowed here.");
        return disk;
    }

    /// <summary>Takes all room but these pages.</summary>
    public void LeaveFree(int pages)
    {
        using var file = new FileStream(Filler, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true)
            {
                file.Write(new byte[Page]);
            }
        }
        catch (IOException)
        {
            // It is full.
        }

        file.SetLength((file.Length / Page - pages) * Page);
    }

    public void Free() => File.Delete(Filler);

    public async ValueTask DisposeAsync() => await OwnMounts.EndAsync(_holder);
}

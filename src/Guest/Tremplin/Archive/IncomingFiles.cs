using Microsoft.Extensions.Logging;
using VmTools.Linux;
using VmTools.Protocol;

namespace VmTools.Guest.Tremplin.Archive;

/// <summary>
/// Files that the host sends, for a container to be made from. One that nothing has used after a while is removed, and so is what an
/// earlier tremplin left.
/// </summary>
internal sealed partial class IncomingFiles(TremplinPaths paths, TimeProvider clock, ILogger log) : IDisposable
{
    /// <summary>How long a whole file waits to be used.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>What stays free on the VM's disk whatever comes.</summary>
    public const long Reserve = 64L << 20;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, ITimer> _waiting = new(StringComparer.Ordinal);

    private string Directory => $"{paths.State}/.incoming";

    /// <summary>No file is on its way when tremplin starts.</summary>
    public void Clear()
    {
        if (System.IO.Directory.Exists(Directory))
        {
            System.IO.Directory.Delete(Directory, recursive: true);
        }
    }

    /// <summary>Begins to take a file.</summary>
    /// <param name="bytes">How long it will be; 0 where that is not known.</param>
    /// <exception cref="VmToolsException">There is no room for it.</exception>
    public IncomingFile Begin(ulong bytes)
    {
        RequireRoom(bytes);
        System.IO.Directory.CreateDirectory(Directory, FileModes.OwnerDoesAll);
        return new IncomingFile($"{Directory}/{Guid.NewGuid():N}", this);
    }

    /// <summary>The file is its user's from now on, who removes it; false for a path that is no file that waits.</summary>
    public bool TryTake(string path)
    {
        lock (_gate)
        {
            if (!_waiting.Remove(path, out var timer))
            {
                return false;
            }

            timer.Dispose();
            return true;
        }
    }

    /// <summary>Removes a file that the host has sent, whichever way; other paths are left alone.</summary>
    public void Drop(string path)
    {
        if (Path.GetDirectoryName(path) == Directory)
        {
            TryTake(path);
            File.Delete(path);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var timer in _waiting.Values)
            {
                timer.Dispose();
            }

            _waiting.Clear();
        }
    }

    /// <exception cref="VmToolsException">So much would not leave enough for the rest of the VM.</exception>
    internal void RequireRoom(ulong bytes)
    {
        var free = new DriveInfo(paths.State).AvailableFreeSpace;
        if (bytes > (ulong)Math.Max(0, free - Reserve))
        {
            throw new VmToolsException(
                ErrorKind.ResourceExhausted,
                $"the VM's disk has {free >> 20} MiB free, and the file needs "
                + $"{((long)Math.Min(bytes, long.MaxValue / 2) + Reserve) >> 20} MiB");
        }
    }

    /// <summary>The file is whole and waits for its user.</summary>
    internal void Wait(string path)
    {
        lock (_gate)
        {
            _waiting.Add(path, clock.CreateTimer(_ => Expire(path), null, Patience, Timeout.InfiniteTimeSpan));
        }
    }

    private void Expire(string path)
    {
        if (TryTake(path) && File.Exists(path))
        {
            File.Delete(path);
            LogExpired(Path.GetFileName(path));
        }
    }

    [LoggerMessage(1931, LogLevel.Warning, "the file {Name} that the host sent is removed: nothing used it")]
    private partial void LogExpired(string name);
}

using Microsoft.Extensions.Logging;
using VmTools.Linux;
using VmTools.Protocol;

namespace VmTools.Guest.Tremplin.Storage;

/// <summary>
/// The images below containers. The stock image comes as a disk of the VM; the first container made from it copies it to the stateful
/// disk, so that a container lives as long as that disk does, whatever the VM is started with later.
/// </summary>
/// <param name="paths">Where the copies lie.</param>
/// <param name="findDisk">The device of the stock image; null where the VM has none.</param>
/// <param name="log">Is told of copies that come and go.</param>
internal sealed partial class ImageStore(TremplinPaths paths, Func<string?> findDisk, ILogger log) : IDisposable
{
    private const string Extension = ".erofs";
    private const string Unfinished = ".new-";
    private const int CopyBytes = 1 << 20;

    /// <summary>What must stay free on the stateful disk beside the copy, so that the container can do something.</summary>
    private const long Reserve = 64L << 20;

    private readonly SemaphoreSlim _copying = new(1, 1);

    /// <summary>The image that new containers are made from; null where the VM came without it.</summary>
    public ErofsImage? Stock()
    {
        if (findDisk() is not { } disk)
        {
            return null;
        }

        using var opened = FdHandle.Open(disk, OpenFlags.ReadOnly);
        var header = new byte[ErofsImage.HeaderBytes];
        _ = Fd.TryReadAt(opened, header, 0, out var count);
        return ErofsImage.TryRead(header.AsSpan(0, count), out var image) ? image : null;
    }

    /// <summary>Copies the stock image, unless that was done before.</summary>
    /// <exception cref="VmToolsException">There is no room for it, or it cannot be read or written.</exception>
    public async Task EnsureAsync(ErofsImage image, CancellationToken cancel)
    {
        await _copying.WaitAsync(cancel);
        try
        {
            if (!File.Exists(paths.Image(image.Id)))
            {
                Directory.CreateDirectory(paths.Images, FileModes.OwnerDoesAll);
                RequireRoom(image);
                await Task.Run(() => Copy(image, cancel), cancel);
                LogCopied(image.Id, image.Bytes);
            }
        }
        catch (IOException failure)
        {
            throw new VmToolsException(
                ErrorKind.ResourceExhausted, $"the image could not be copied to the VM's disk: {failure.Message}", failure);
        }
        finally
        {
            _copying.Release();
        }
    }

    /// <summary>Directories of images that were being unpacked or removed when an earlier tremplin ended.</summary>
    public IReadOnlyList<string> Leavings() => Directory.Exists(paths.Images)
        ? [.. Directory.EnumerateDirectories(paths.Images, $"{Unfinished}*"), .. Directory.EnumerateDirectories(paths.Images, ".gone-*")]
        : [];

    /// <summary>
    /// Deletes the copies that no container lies on, except of the stock image, and what a broken-off copy has left. Images that were
    /// unpacked are no more after this; the directories that are left of them are to be removed.
    /// </summary>
    public IReadOnlyList<string> RemoveUnused(IReadOnlySet<Guid> used)
    {
        if (!Directory.Exists(paths.Images))
        {
            return [];
        }

        var stock = Stock()?.Id;
        foreach (var file in Directory.EnumerateFiles(paths.Images))
        {
            var name = Path.GetFileName(file);
            var id = IdOf(name, name.StartsWith(Unfinished, StringComparison.Ordinal) ? Unfinished : "", Extension);
            if (id is null || !(used.Contains(id.Value) || (id == stock && name.EndsWith(Extension, StringComparison.Ordinal))))
            {
                File.Delete(file);
                LogRemoved(name);
            }
        }

        return MarkUnusedTrees(used);
    }

    private List<string> MarkUnusedTrees(IReadOnlySet<Guid> used)
    {
        var gone = new List<string>();
        foreach (var tree in Directory.GetDirectories(paths.Images))
        {
            if (IdOf(Path.GetFileName(tree), "", "") is { } id && !used.Contains(id))
            {
                gone.Add(paths.GoneTree());
                Directory.Move(tree, gone[^1]);
                LogRemoved(Path.GetFileName(tree));
            }
        }

        return gone;
    }

    /// <summary>Null where the name is none of an image.</summary>
    private static Guid? IdOf(string name, string prefix, string extension)
    {
        var middle = name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : "";
        var plain = middle.EndsWith(extension, StringComparison.Ordinal) ? middle[..^extension.Length] : prefix.Length > 0 ? middle : "";
        return Guid.TryParseExact(plain, "D", out var id) ? id : null;
    }

    public void Dispose() => _copying.Dispose();

    private void RequireRoom(ErofsImage image)
    {
        var free = new DriveInfo(paths.State).AvailableFreeSpace;
        if (free < image.Bytes + Reserve)
        {
            throw new VmToolsException(
                ErrorKind.ResourceExhausted,
                $"the VM's disk has {free >> 20} MiB free, and the container needs {(image.Bytes + Reserve) >> 20} MiB");
        }
    }

    private void Copy(ErofsImage image, CancellationToken cancel)
    {
        var temporary = $"{paths.Images}/.new-{image.Id:D}";
        using var disk = FdHandle.Open(findDisk() ?? throw new FileNotFoundException("the image's disk is gone"), OpenFlags.ReadOnly);
        using (var copy = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
        {
            var buffer = new byte[CopyBytes];
            for (long at = 0; at < image.Bytes;)
            {
                cancel.ThrowIfCancellationRequested();
                var wanted = (int)Math.Min(buffer.Length, image.Bytes - at);
                var error = Fd.TryReadAt(disk, buffer.AsSpan(0, wanted), at, out var count);
                if (error != Errno.None || count == 0)
                {
                    throw new LinuxException(error == Errno.None ? Errno.EIO : error, "read the image at", $"{at}");
                }

                copy.Write(buffer, 0, count);
                at += count;
            }

            copy.Flush(flushToDisk: true);
        }

        File.Move(temporary, paths.Image(image.Id), overwrite: true);
    }

    [LoggerMessage(1871, LogLevel.Information, "image {Id} is copied: {Bytes} bytes")]
    private partial void LogCopied(Guid id, long bytes);

    [LoggerMessage(1872, LogLevel.Information, "image {Name} is deleted: no container lies on it")]
    private partial void LogRemoved(string name);
}

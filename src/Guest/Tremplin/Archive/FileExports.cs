using Microsoft.Extensions.Logging;
using VmTools.Guest.HostCall;
using VmTools.Guest.Tremplin.Containers;
using VmTools.Linux;
using VmTools.Protocol;

namespace VmTools.Guest.Tremplin.Archive;

/// <summary>
/// Archives that are written to a path in the VM, as below a directory shared with the host, one of a container at a time. The host is told
/// how far they are.
/// </summary>
/// <param name="archives">Makes them.</param>
/// <param name="tell">Tells the host; returns at once.</param>
/// <param name="clock">For the pace at which the host is told.</param>
/// <param name="log">Is told of those that fail.</param>
internal sealed partial class FileExports(ContainerArchives archives, Action<ContainerNotice> tell, TimeProvider clock, ILogger log)
    : IDisposable
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<ContainerName, CancellationTokenSource> _going = [];

    /// <summary>Begins one; it is there under its name when it is whole.</summary>
    public RequestOutcome Begin(Container container, string path)
    {
        if (!Path.IsPathFullyQualified(path) || path.EndsWith('/'))
        {
            return RequestOutcome.Refused($"'{path}' is no absolute path of a file");
        }

        if (FileStatus.OfPath(path) is not null)
        {
            return RequestOutcome.Refused($"'{path}' is there already, and an export replaces nothing");
        }

        var over = new CancellationTokenSource();
        lock (_gate)
        {
            if (!_going.TryAdd(container.Name, over))
            {
                over.Dispose();
                return RequestOutcome.Refused("it is being exported already");
            }
        }

        _ = Task.Run(() => RunAsync(container, path, over));
        return RequestOutcome.Begun;
    }

    /// <summary>False where none of this container is under way.</summary>
    public bool TryCancel(ContainerName name)
    {
        lock (_gate)
        {
            _going.GetValueOrDefault(name)?.Cancel();
            return _going.ContainsKey(name);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var over in _going.Values)
            {
                over.Cancel();
            }
        }
    }

    private async Task RunAsync(Container container, string path, CancellationTokenSource over)
    {
        var (kind, reason, progress) = (ContainerNoticeKind.Exported, "", default(ExportedBytes));
        try
        {
            await WriteAsync(container, path, now => progress = now, over.Token);
        }
        catch (OperationCanceledException)
        {
            kind = ContainerNoticeKind.ExportCancelled;
        }
        catch (Exception failure) when (failure is VmToolsException or IOException or UnauthorizedAccessException)
        {
            (kind, reason) = (ContainerNoticeKind.NotExported, failure.Message);
            LogFailed(container.Name, path, failure.Message);
        }

        lock (_gate)
        {
            _going.Remove(container.Name);
            over.Dispose();
        }

        tell(new ContainerNotice(kind, container.Name.Value, reason) { Exported = progress });
    }

    private async Task WriteAsync(Container container, string path, Action<ExportedBytes> keep, CancellationToken cancel)
    {
        var temporary = Path.Combine(Path.GetDirectoryName(path) ?? "/", $".vmtools-{Guid.NewGuid():N}");
        try
        {
            await using (var file = new FileStream(
                temporary,
                new FileStreamOptions
                {
                    Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, UnixCreateMode = FileModes.OwnerReadsAndWrites,
                }))
            {
                var last = clock.GetTimestamp();
                await archives.SendAsync(
                    container,
                    CompressionOf(path),
                    async piece =>
                    {
                        await file.WriteAsync(piece.Content, cancel);
                        var now = new ExportedBytes((ulong)piece.Read, (ulong)piece.Readable, (ulong)file.Length);
                        keep(now);
                        if (clock.GetElapsedTime(last) >= Beat)
                        {
                            last = clock.GetTimestamp();
                            tell(new ContainerNotice(ContainerNoticeKind.Exporting, container.Name.Value) { Exported = now });
                        }
                    },
                    cancel);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: false);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static ArchiveCompression CompressionOf(string path) => Path.GetExtension(path) switch
    {
        ".zst" or ".tzst" => ArchiveCompression.Zstd,
        ".tar" => ArchiveCompression.None,
        _ => ArchiveCompression.Gzip,
    };

    [LoggerMessage(1937, LogLevel.Error, "container {Name} is not exported to {Path}: {Reason}")]
    private partial void LogFailed(ContainerName name, string path, string reason);
}

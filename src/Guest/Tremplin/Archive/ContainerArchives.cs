using Microsoft.Extensions.Logging;
using VmTools.Guest.Tremplin.Containers;
using VmTools.Guest.Tremplin.Lxc;
using VmTools.Guest.Tremplin.Storage;
using VmTools.Linux;
using VmTools.Protocol;

namespace VmTools.Guest.Tremplin.Archive;

/// <summary>
/// Containers as archives of one file. One that runs is copied first, frozen as long as that takes, and goes on while the copy is read.
/// </summary>
/// <param name="paths">Where containers lie.</param>
/// <param name="tools">What reads, packs and copies.</param>
/// <param name="removeTree">Removes a directory with all that a stranger has put into it.</param>
/// <param name="clock">For the date in the archive, and for signs of life.</param>
/// <param name="log">Is told of each archive.</param>
internal sealed partial class ContainerArchives(
    TremplinPaths paths, ToolRun tools, Func<string, CancellationToken, Task> removeTree, TimeProvider clock, ILogger log)
{
    private readonly WrittenFiles _written = new(paths, tools);
    private readonly ArchivePipeline _pipeline = new(tools, clock);

    /// <summary>Sends a container; pieces without content are signs of life.</summary>
    /// <exception cref="VmToolsException">It could not be read, or not all of it.</exception>
    public Task SendAsync(
        Container container, ArchiveCompression compression, Func<ArchivePiece, Task> send, CancellationToken cancel) =>
        container.HoldAsync("being exported", async (record, running) =>
        {
            LogBegun(record.Name);
            var copy = $"{paths.Of(record.Name)}/.export-{Guid.NewGuid():N}";
            try
            {
                using var view = await AliveAsync(over => ViewAsync(record, running, copy, over), send, cancel);
                File.WriteAllBytes($"{view.Place}/{ArchiveMetadata.File}", ArchiveMetadata.Of(record, clock.GetUtcNow()));
                var readable = await AliveAsync(over => _pipeline.MeasureAsync(view.Place, over), send, cancel);
                await _pipeline.RunAsync(view.Place, compression, readable, send, cancel);
            }
            catch (IOException failure)
            {
                throw new VmToolsException(ErrorKind.Internal, $"its files could not be read: {failure.Message}", failure);
            }
            finally
            {
                if (Directory.Exists(copy))
                {
                    await removeTree(copy, CancellationToken.None);
                }
            }

            LogSent(record.Name);
        });

    private async Task<ContainerView> ViewAsync(
        ContainerRecord record, IRunningContainer? running, string copy, CancellationToken cancel)
    {
        var upper = $"{paths.Of(record.Name)}/upper";
        if (running is null)
        {
            return await ContainerView.MountAsync(record, upper, paths, tools, cancel);
        }

        Directory.CreateDirectory(copy, FileModes.OwnerDoesAll);
        await _written.CopyAsync(upper, $"{copy}/upper", running, cancel);
        return await ContainerView.MountAsync(record, $"{copy}/upper", paths, tools, cancel);
    }

    /// <summary>Whoever takes nothing any more, not even a sign of life, ends the work.</summary>
    private async Task<T> AliveAsync<T>(Func<CancellationToken, Task<T>> work, Func<ArchivePiece, Task> send, CancellationToken cancel)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var going = work(over.Token);
        try
        {
            while (await Task.WhenAny(going, Task.Delay(ArchivePipeline.SignOfLife, clock, cancel)) != going)
            {
                await send(default);
            }
        }
        catch
        {
            await over.CancelAsync();
            await ((Task)going).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ((going.IsCompletedSuccessfully ? await going : default) as IDisposable)?.Dispose();
            throw;
        }

        return await going;
    }

    [LoggerMessage(1932, LogLevel.Information, "container {Name} is being sent as an archive")]
    private partial void LogBegun(ContainerName name);

    [LoggerMessage(1933, LogLevel.Information, "container {Name} is sent")]
    private partial void LogSent(ContainerName name);
}

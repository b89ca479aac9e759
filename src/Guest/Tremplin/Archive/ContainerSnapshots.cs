using Microsoft.Extensions.Logging;
using VmTools.Guest.Tremplin.Containers;
using VmTools.Guest.Tremplin.Storage;
using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Protocol;

namespace VmTools.Guest.Tremplin.Archive;

/// <summary>A snapshot that is there.</summary>
internal sealed record ContainerSnapshot(ContainerName Name, DateTimeOffset Made);

/// <summary>
/// What containers had written at a moment, kept beside what they write now. A snapshot appears whole and disappears whole, and so does
/// what is restored: a kill leaves the old or the new.
/// </summary>
/// <param name="paths">Where containers lie.</param>
/// <param name="tools">What copies and exchanges.</param>
/// <param name="removeTree">Removes a directory with all that a stranger has put into it.</param>
/// <param name="log">Is told of each change.</param>
internal sealed partial class ContainerSnapshots(
    TremplinPaths paths, ToolRun tools, Func<string, CancellationToken, Task> removeTree, ILogger log)
{
    /// <summary>More than anybody looks through.</summary>
    private const int MostPerContainer = 100;

    private readonly WrittenFiles _written = new(paths, tools);

    /// <exception cref="VmToolsException">There is one of the name, or no room for it.</exception>
    public Task MakeAsync(Container container, ContainerName snapshot, CancellationToken cancel) =>
        container.HoldAsync("being kept as a snapshot", async (record, running) =>
        {
            if (Directory.Exists(PlaceOf(record.Name, snapshot)))
            {
                throw new VmToolsException(ErrorKind.AlreadyExists, $"container {record.Name} has a snapshot {snapshot} already");
            }

            if (List(record.Name).Count >= MostPerContainer)
            {
                throw new VmToolsException(
                    ErrorKind.ResourceExhausted, $"container {record.Name} has {MostPerContainer} snapshots; delete one first");
            }

            Directory.CreateDirectory(paths.Snapshots(record.Name), FileModes.OwnerDoesAll);
            await WithNewAsync($"{paths.Snapshots(record.Name)}/.new-{Guid.NewGuid():N}", async place =>
            {
                await _written.CopyAsync(UpperOf(record.Name), $"{place}/upper", running, cancel);
                ContainerStore.WriteIn(place, record);
                Directory.Move(place, PlaceOf(record.Name, snapshot));
            });
            LogMade(snapshot, record.Name);
        });

    /// <summary>By name.</summary>
    public IReadOnlyList<ContainerSnapshot> List(ContainerName container)
    {
        var directory = new DirectoryInfo(paths.Snapshots(container));
        return
        [
            .. (directory.Exists ? directory.EnumerateDirectories() : [])
                .Select(found => ContainerName.TryParse(found.Name, out var name)
                    ? new ContainerSnapshot(name, new DateTimeOffset(found.LastWriteTimeUtc, TimeSpan.Zero))
                    : null)
                .OfType<ContainerSnapshot>()
                .OrderBy(snapshot => snapshot.Name.Value, StringComparer.Ordinal),
        ];
    }

    /// <exception cref="VmToolsException">There is no such snapshot, the container runs, or there is no room for a copy.</exception>
    public Task RestoreAsync(Container container, ContainerName snapshot, CancellationToken cancel) =>
        container.HoldAsync("being restored", async (record, running) =>
        {
            var from = ExpectedPlaceOf(record.Name, snapshot);
            if (running is not null)
            {
                throw new VmToolsException(ErrorKind.FailedPrecondition, $"container {record.Name} runs; stop it first");
            }

            await WithNewAsync($"{paths.Of(record.Name)}/.restored-{Guid.NewGuid():N}", async place =>
            {
                await _written.CopyAsync($"{from}/upper", $"{place}/upper", null, cancel);
                Renaming.Exchange($"{place}/upper", UpperOf(record.Name));
            });
            if (ContainerStore.TryReadIn(from, record.Name) is { } then)
            {
                container.Remember(then.User, then.Release);
            }

            LogRestored(snapshot, record.Name);
        });

    /// <exception cref="VmToolsException">There is no such snapshot.</exception>
    public Task DeleteAsync(Container container, ContainerName snapshot, CancellationToken cancel) =>
        container.HoldAsync("losing a snapshot", async (record, _) =>
        {
            var gone = $"{paths.Snapshots(record.Name)}/.gone-{Guid.NewGuid():N}";
            Directory.Move(ExpectedPlaceOf(record.Name, snapshot), gone);
            LogDeleted(snapshot, record.Name);
            await removeTree(gone, cancel);
        });

    private string PlaceOf(ContainerName container, ContainerName snapshot) => $"{paths.Snapshots(container)}/{snapshot}";

    private string UpperOf(ContainerName container) => $"{paths.Of(container)}/upper";

    private string ExpectedPlaceOf(ContainerName container, ContainerName snapshot) =>
        Directory.Exists(PlaceOf(container, snapshot))
            ? PlaceOf(container, snapshot)
            : throw new VmToolsException(ErrorKind.NotFound, $"container {container} has no snapshot {snapshot}");

    /// <summary>A directory of which nothing stays but what <paramref name="work"/> moves away.</summary>
    private async Task WithNewAsync(string place, Func<string, Task> work)
    {
        Directory.CreateDirectory(place, FileModes.OwnerDoesAll);
        try
        {
            await work(place);
        }
        catch (IOException failure)
        {
            throw new VmToolsException(ErrorKind.Internal, $"the files could not be kept: {failure.Message}", failure);
        }
        finally
        {
            if (Directory.Exists(place))
            {
                await removeTree(place, CancellationToken.None);
            }
        }
    }

    [LoggerMessage(1934, LogLevel.Information, "snapshot {Snapshot} of container {Name} is made")]
    private partial void LogMade(ContainerName snapshot, ContainerName name);

    [LoggerMessage(1935, LogLevel.Information, "container {Name} is what it was in snapshot {Snapshot}")]
    private partial void LogRestored(ContainerName snapshot, ContainerName name);

    [LoggerMessage(1936, LogLevel.Information, "snapshot {Snapshot} of container {Name} is deleted")]
    private partial void LogDeleted(ContainerName snapshot, ContainerName name);
}

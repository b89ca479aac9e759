using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using VmTools.Guest.HostCall;
using VmTools.Guest.Tremplin;
using VmTools.Guest.Tremplin.Api;
using VmTools.Guest.Tremplin.Archive;
using VmTools.Guest.Tremplin.Containers;
using VmTools.Guest.Tremplin.Network;
using VmTools.Guest.Tremplin.Storage;
using VmTools.Linux.ProcessControl;
using VmTools.Unit.Guest.Tremplin.Storage;
using VmTools.Unit.Linux;

namespace VmTools.Unit.Guest.Tremplin.Containers;

/// <summary>A table of containers over a directory of the test's own and a runtime in memory.</summary>
internal sealed class TestTable : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ImageStore _images;
    private readonly Reaper _reaper = Reaper.ForChildren();

    public TestTable()
    {
        Paths = new TremplinPaths(_directory.File("state"), _directory.File("run"));
        var disk = _directory.File("disk");
        File.WriteAllBytes(disk, ErofsImages.Make(TestContainers.Image, blocks: 2));
        Store = new ContainerStore(Paths, static (_, _) => { }, NullLogger.Instance);
        Store.Read();
        _images = new ImageStore(Paths, () => HasStock ? disk : null, NullLogger.Instance);
        Incoming = new IncomingFiles(Paths, Clock, NullLogger.Instance);
        Table = New();
        var tools = new ToolRun(_reaper, TimeProvider.System);
        Snapshots = new ContainerSnapshots(Paths, tools, RemoveAsync, NullLogger.Instance);
        var archives = new ContainerArchives(Paths, tools, RemoveAsync, TimeProvider.System, NullLogger.Instance);
        Exports = new FileExports(archives, Told.Enqueue, TimeProvider.System, NullLogger.Instance);
        Beside = new ContainersService(
            Table,
            Incoming,
            archives,
            Snapshots,
            new ContainerCopies(Paths, tools, Store, Table));
    }

    public TremplinPaths Paths { get; }

    public FakeRuntime Runtime { get; } = new();

    public FakeTimeProvider Clock { get; } = new();

    public ContainerStore Store { get; }

    public ContainerTable Table { get; }

    public IncomingFiles Incoming { get; }

    public ContainerSnapshots Snapshots { get; }

    public FileExports Exports { get; }

    /// <summary>The service beside the original's.</summary>
    public ContainersService Beside { get; }

    public bool HasStock { get; set; } = true;

    /// <summary>What the host was told, in order.</summary>
    public ConcurrentQueue<ContainerNotice> Told { get; } = new();

    /// <summary>What the name server knows.</summary>
    public IReadOnlyList<(string Name, IPAddress Address)> Known { get; private set; } = [];

    /// <summary>The next tremplin, over the same files.</summary>
    public ContainerTable New() => new(
        new ContainerDependencies(Runtime, Store, RemoveAsync, UnpackAsync, Told.Enqueue, Clock, NullLogger.Instance),
        _images,
        ContainerSubnet.Default,
        containers => Known = containers);

    /// <summary>Makes a container and waits until it is there.</summary>
    public async Task<Container> MadeAsync(string name = "penguin")
    {
        Table.Create(TestContainers.Name(name));
        var container = Table.Find(TestContainers.Name(name))!;
        await container.Idle.InTime();
        Told.Clear();
        return container;
    }

    /// <summary>Makes a container and starts it.</summary>
    public async Task<Container> RunningAsync(string name = "penguin")
    {
        var container = await MadeAsync(name);
        container.Start();
        await UntilToldAsync(ContainerNoticeKind.Started);
        Told.Clear();
        return container;
    }

    public Task UntilToldAsync(ContainerNoticeKind kind) => Waiting.UntilAsync(() => Told.Any(notice => notice.Kind == kind));

    public void Dispose()
    {
        Table.Dispose();
        Exports.Dispose();
        Incoming.Dispose();
        _reaper.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _images.Dispose();
        _directory.Dispose();
    }

    /// <summary>What unpacking an image runs into; it becomes an empty directory when that is nothing.</summary>
    public Exception? UnpackFailure { get; set; }

    private Task UnpackAsync(ImageSource source, Guid image, Action<int> progress, CancellationToken cancel)
    {
        progress(50);
        if (UnpackFailure is not null)
        {
            throw UnpackFailure;
        }

        Directory.CreateDirectory(Paths.Tree(image));
        return Task.CompletedTask;
    }

    private static Task RemoveAsync(string directory, CancellationToken cancel)
    {
        Directory.Delete(directory, recursive: true);
        return Task.CompletedTask;
    }
}

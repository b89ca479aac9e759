using Microsoft.Extensions.Logging.Abstractions;
using VmTools.Guest.Tremplin;
using VmTools.Guest.Tremplin.Storage;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Guest.Tremplin.Storage;

/// <summary>Images on a disk of the test's own.</summary>
public sealed class ImageStoreTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly TremplinPaths _paths;
    private readonly ImageStore _images;
    private string? _disk;

    public ImageStoreTests()
    {
        _paths = new TremplinPaths(_directory.File("state"), _directory.File("run"));
        Directory.CreateDirectory(_paths.State);
        _disk = _directory.File("disk");
        File.WriteAllBytes(_disk, [.. ErofsImages.Make(TestContainers.Image, blocks: 300), .. new byte[512]]);
        _images = new ImageStore(_paths, () => _disk, NullLogger.Instance);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _images.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task The_stock_image_is_copied_without_what_the_disk_has_behind_it()
    {
        var stock = _images.Stock()!.Value;

        await _images.EnsureAsync(stock, Cancel);

        Assert.Equal(ErofsImages.Make(TestContainers.Image, blocks: 300), await File.ReadAllBytesAsync(_paths.Image(stock.Id), Cancel));
        Assert.Single(Directory.EnumerateFileSystemEntries(_paths.Images));
    }

    [Fact]
    public async Task An_image_that_is_there_is_not_copied_again()
    {
        var stock = _images.Stock()!.Value;
        await _images.EnsureAsync(stock, Cancel);
        _disk = null;

        await _images.EnsureAsync(stock, Cancel);

        Assert.True(File.Exists(_paths.Image(stock.Id)));
    }

    [Fact]
    public async Task A_disk_that_ends_too_early_leaves_no_image()
    {
        var stock = _images.Stock()!.Value;
        await File.WriteAllBytesAsync(_disk!, ErofsImages.Make(TestContainers.Image, blocks: 2), Cancel);

        await Assert.ThrowsAsync<VmTools.Protocol.VmToolsException>(() => _images.EnsureAsync(stock, Cancel));

        Assert.False(File.Exists(_paths.Image(stock.Id)));
    }

    [Fact]
    public async Task Only_images_that_containers_lie_on_and_the_stock_image_stay()
    {
        await _images.EnsureAsync(_images.Stock()!.Value, Cancel);
        var (used, unused) = (Guid.NewGuid(), Guid.NewGuid());
        foreach (var file in new[] { _paths.Image(used), _paths.Image(unused), $"{_paths.Images}/.new-{unused:D}" })
        {
            await File.WriteAllTextAsync(file, "", Cancel);
        }

        _images.RemoveUnused(new HashSet<Guid> { used });

        Assert.Equal(
            new[] { _paths.Image(used), _paths.Image(TestContainers.Image) }.Order(),
            Directory.EnumerateFiles(_paths.Images).Order());
    }

    [Fact]
    public void Unpacked_images_that_no_container_lies_on_are_set_aside()
    {
        var (used, unused, growing) = (Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
        foreach (var tree in new[] { _paths.Tree(used), _paths.Tree(unused), _paths.NewTree(growing) })
        {
            Directory.CreateDirectory(tree);
        }

        var gone = Assert.Single(_images.RemoveUnused(new HashSet<Guid> { used, growing }));

        Assert.Equal(
            new[] { _paths.Tree(used), _paths.NewTree(growing), gone }.Order(), Directory.GetDirectories(_paths.Images).Order());
        Assert.Equal(new[] { _paths.NewTree(growing), gone }.Order(), _images.Leavings().Order());
    }

    [Fact]
    public void A_VM_without_the_disk_has_no_stock_image()
    {
        _disk = null;

        Assert.Null(_images.Stock());
    }

    [Fact]
    public void The_disk_is_known_by_its_serial_number()
    {
        foreach (var (name, serial) in new[] { ("vda", ""), ("vdb", "other"), ("vdc", "vmtools-penguin\n") })
        {
            Directory.CreateDirectory(_directory.File($"block/{name}"));
            File.WriteAllText(_directory.File($"block/{name}/serial"), serial);
        }

        Assert.Equal("/dev/vdc", StockDisk.Find(_directory.File("block")));
    }

    [Fact]
    public void Mounts_of_containers_that_do_not_run_are_told_the_last_first()
    {
        var gone = TestContainers.Name("gone");
        var kept = TestContainers.Name("kept");
        string[] mounted = ["/", _paths.Lower(gone), _paths.Root(gone), _paths.Lower(kept), _paths.Root(kept), _paths.State];

        Assert.Equal(
            [_paths.Root(gone), _paths.Lower(gone)],
            ContainerMounts.Strays(mounted, _paths, new HashSet<ContainerName> { kept }));
    }
}

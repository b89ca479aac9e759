using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using VmTools.Guest.Tremplin;
using VmTools.Guest.Tremplin.Unpack;
using VmTools.Linux.ProcessControl;
using VmTools.Protocol;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Guest.Tremplin.Unpack;

/// <summary>Images out of files, with the machine's own decompressors.</summary>
public sealed class ImageUnpackerTests : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Reaper _reaper = Reaper.ForChildren();
    private readonly TremplinPaths _paths;
    private readonly ImageUnpacker _unpacker;
    private readonly Guid _image = Guid.NewGuid();

    public ImageUnpackerTests()
    {
        _paths = new TremplinPaths(_directory.File("state"), _directory.File("run"));
        Directory.CreateDirectory(_paths.State);
        _unpacker = new ImageUnpacker(_paths, new ToolRun(_reaper, TimeProvider.System), RemoveAsync, NullLogger.Instance);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Tree => _paths.Tree(_image);

    public async ValueTask DisposeAsync()
    {
        await _reaper.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_tar_becomes_an_image_however_it_is_compressed()
    {
        var tar = new TarBytes().Directory("etc").File("etc/issue", "hello").End();

        await UnpackAsync(Gzip(tar));

        Assert.Equal("hello", await File.ReadAllTextAsync($"{Tree}/etc/issue", Cancel));
        Assert.Equal([Tree], Directory.GetFileSystemEntries(_paths.Images));
    }

    [Fact]
    public async Task The_root_of_an_archive_with_metadata_is_below_rootfs()
    {
        await UnpackAsync(new TarBytes().Directory("rootfs").File("rootfs/a", "1")
            .File("metadata.yaml", $"architecture: {ElfMachine.Own}\ncreation_date: 1\n").End());

        Assert.Equal("a", Path.GetFileName(Assert.Single(Directory.GetFileSystemEntries(Tree))));
    }

    [Theory]
    [InlineData("s390x")]
    [InlineData("riscv64")]
    public async Task Another_machines_archive_is_refused_before_anything_is_written(string machine)
    {
        var failure = await RefusedAsync(new TarBytes().File("rootfs/a", "1").File("metadata.yaml", $"architecture: '{machine}'\n").End());

        Assert.Contains($"it is for {machine}, and this VM is {ElfMachine.Own}", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_machines_programs_tell_it_where_nothing_else_does()
    {
        var program = new byte[100];
        "\x7F"u8.CopyTo(program);
        "ELF"u8.CopyTo(program.AsSpan(1));
        (program[4], program[5], program[18]) = (2, 1, 243);

        var failure = await RefusedAsync(new TarBytes().File("bin/sh", program, 0x1ED).End());

        Assert.Contains("it is for riscv64", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_id_that_no_container_has_is_refused_with_the_first_name()
    {
        var failure = await RefusedAsync(
            new TarBytes().File("a", "1").Add("b", '0', "", [], uid: 65536).Add("c", '0', "", [], uid: 70000).End());

        Assert.Contains("'b' belongs to user 65536", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damage_leaves_nothing()
    {
        var random = new byte[200_000];
        RandomNumberGenerator.Fill(random);
        var packed = Gzip(new TarBytes().File("a", random).End());

        await RefusedAsync(packed[..(packed.Length / 2)]);
        await RefusedAsync([.. packed[..100_000], 1, 2, 3, .. packed[100_003..]]);
        await RefusedAsync(new TarBytes().File("a", "1").File("../b", "2").End());
        await RefusedAsync([]);
    }

    [Fact]
    public async Task A_failure_while_it_is_written_leaves_nothing() =>
        await RefusedAsync(new TarBytes().File("a", "1").HardLink("b", "missing").End());

    [Fact]
    public async Task The_layers_of_an_OCI_archive_lie_over_one_another()
    {
        var layout = new OciBytes()
            .Layer(new TarBytes().Directory("d").File("d/old", "1").File("kept", "1").End(), Gzip)
            .Layer(new TarBytes().File("d/.wh.old", "").File("d/new", "2").End(), static bytes => bytes);

        await UnpackAsync(layout.Archive());

        Assert.Equal(["d", "kept"], Directory.GetFileSystemEntries(Tree).Select(Path.GetFileName).Order());
        Assert.Equal("new", Path.GetFileName(Assert.Single(Directory.GetFileSystemEntries($"{Tree}/d"))));
    }

    [Fact]
    public async Task An_OCI_layout_is_taken_from_a_compressed_archive_and_from_a_directory()
    {
        var layout = new OciBytes().Layer(new TarBytes().File("a", "1").End(), Gzip);

        await UnpackAsync(Gzip(layout.Archive()));
        Assert.True(File.Exists($"{Tree}/a"));
        Directory.Delete(Tree, recursive: true);

        layout.Write(_directory.File("layout"));
        await _unpacker.UnpackAsync(new ImageSource(_directory.File("layout")), _image, static _ => { }, Cancel);
        Assert.True(File.Exists($"{Tree}/a"));
    }

    [Fact]
    public async Task A_blob_with_another_digest_is_refused()
    {
        var archive = new OciBytes().Layer(new TarBytes().File("a", "1").End(), static bytes => bytes);
        archive.Damage();

        var failure = await RefusedAsync(archive.Archive());

        Assert.Contains("is damaged", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_layer_that_is_not_what_the_configuration_says_is_refused()
    {
        var archive = new OciBytes { DiffId = $"sha256:{new string('0', 64)}" }.Layer(new TarBytes().File("a", "1").End(), Gzip);

        var failure = await RefusedAsync(archive.Archive());

        Assert.Contains("is damaged", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_for_another_machine_is_refused()
    {
        var archive = new OciBytes { Architecture = "s390x" }.Layer(new TarBytes().File("a", "1").End(), Gzip);

        var failure = await RefusedAsync(archive.Archive());

        Assert.Contains("it is for s390x", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("nonsense")]
    [InlineData("{\"manifests\":[{\"digest\":\"sha256:../../../../etc/passwd\"}]}")]
    [InlineData("{\"manifests\":[7]}")]
    [InlineData("{\"manifests\":[{\"digest\":\"sha256:0000000000000000000000000000000000000000000000000000000000000000\"}]}")]
    public async Task An_index_of_nonsense_is_refused(string index) =>
        await RefusedAsync(new TarBytes().File("oci-layout", "{}").File("index.json", index).End());

    [Fact]
    public async Task What_the_host_has_sent_goes_when_it_was_used()
    {
        Directory.CreateDirectory(_paths.Incoming);
        var sent = $"{_paths.Incoming}/x";
        await File.WriteAllBytesAsync(sent, new TarBytes().File("a", "1").End(), Cancel);

        await _unpacker.UnpackAsync(new ImageSource(sent), _image, static _ => { }, Cancel);

        Assert.False(File.Exists(sent));
    }

    [Fact]
    public async Task Progress_grows()
    {
        var told = new List<int>();
        await File.WriteAllBytesAsync(
            _directory.File("t"), new TarBytes().File("a", new byte[100_000]).File("b", new byte[100_000]).File("c", "").End(), Cancel);

        await _unpacker.UnpackAsync(new ImageSource(_directory.File("t")), _image, told.Add, Cancel);

        Assert.Equal(told.Order(), told);
        Assert.InRange(told[^1], 50, 99);
    }

    private async Task<VmToolsException> RefusedAsync(byte[] bytes)
    {
        var failure = await Assert.ThrowsAsync<VmToolsException>(() => UnpackAsync(bytes));
        Assert.Empty(Directory.GetFileSystemEntries(_paths.Images));
        return failure;
    }

    private async Task UnpackAsync(byte[] bytes)
    {
        var file = _directory.File("file");
        await File.WriteAllBytesAsync(file, bytes, Cancel);
        await _unpacker.UnpackAsync(new ImageSource(file), _image, static _ => { }, Cancel);
    }

    private static byte[] Gzip(byte[] bytes)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }

        return packed.ToArray();
    }

    private static Task RemoveAsync(string directory, CancellationToken cancel)
    {
        Directory.Delete(directory, recursive: true);
        return Task.CompletedTask;
    }
}

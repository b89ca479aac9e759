using System.Diagnostics;
using System.Text;
using VmTools.Guest.Tremplin.Unpack;
using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Protocol;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Guest.Tremplin.Unpack;

/// <summary>What tars become on a disk.</summary>
public sealed class TreeWriterTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public TreeWriterTests() => Directory.CreateDirectory(Root);

    private string Root => _directory.File("root");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Files_directories_and_links_appear_as_they_are_described()
    {
        Write(new TarBytes().Directory("usr", 0x1C0).File("usr/a", "alpha", 0x1ED).Link("bin", "usr")
            .HardLink("b", "./usr/a").Device("dev"));

        Assert.Equal("alpha", File.ReadAllText($"{Root}/b"));
        Assert.Equal(FileStatus.OfPath($"{Root}/b")!.Value.Inode, FileStatus.OfPath($"{Root}/usr/a")!.Value.Inode);
        Assert.Equal("usr", new FileInfo($"{Root}/bin").LinkTarget);
        Assert.Equal((UnixFileMode)0x1C0, File.GetUnixFileMode($"{Root}/usr"));
        Assert.Equal((UnixFileMode)0x1ED, File.GetUnixFileMode($"{Root}/usr/a"));
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1_700_000_000).UtcDateTime, Directory.GetLastWriteTimeUtc($"{Root}/usr"));
        Assert.False(Path.Exists($"{Root}/dev"));
    }

    [Fact]
    public void A_link_on_the_way_stays_within_the_tree()
    {
        var outside = _directory.File("outside");
        Directory.CreateDirectory(outside);

        Write(new TarBytes().Link("far", "/inner").Directory("inner").File("far/a", "x").Link("up", "../../../../inner").File("up/b", "y"));
        Assert.Throws<LinuxException>(() => Write(new TarBytes().Link("out", outside).File("out/a", "x")));

        Assert.Equal(["a", "b"], Directory.GetFiles($"{Root}/inner").Select(Path.GetFileName).Order());
        Assert.Empty(Directory.GetFileSystemEntries(outside));
    }

    [Fact]
    public void What_stands_at_a_name_is_replaced_and_never_written_through()
    {
        var victim = _directory.File("victim");
        File.WriteAllText(victim, "old");

        Write(new TarBytes().Link("a", victim).File("a", "new").Directory("d").File("d/x", "1").File("d", "2")
            .Link("l", "nowhere").Directory("l"));

        Assert.Equal(("old", "new", "2"), (File.ReadAllText(victim), File.ReadAllText($"{Root}/a"), File.ReadAllText($"{Root}/d")));
        Assert.Equal(FileKind.Directory, FileStatus.OfPath($"{Root}/l")!.Value.Kind);
    }

    [Fact]
    public void A_hard_link_reaches_nothing_outside()
    {
        File.WriteAllText(_directory.File("victim"), "old");

        Assert.Throws<VmToolsException>(() => Write(new TarBytes().HardLink("a", "../victim")));
        Assert.Throws<LinuxException>(() => Write(new TarBytes().HardLink("a", _directory.File("victim"))));
        Assert.Throws<LinuxException>(() => Write(new TarBytes().HardLink("a", "none")));
        Write(new TarBytes().File("same", "x").HardLink("same", "same"));
    }

    [Fact]
    public void Only_what_is_below_the_root_of_an_archive_is_taken()
    {
        Write(new TarBytes().File("metadata.yaml", "x").Directory("rootfs").File("rootfs/a", "1")
            .HardLink("rootfs/b", "rootfs/a"), "rootfs");

        Assert.Equal(["a", "b"], Directory.GetFileSystemEntries(Root).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Whiteouts_take_away_what_lies_below_and_nothing_of_their_own_layer()
    {
        Write(new TarBytes().Directory("d").File("d/old", "1").Directory("d/sub").File("d/sub/x", "1").File("gone", "1").Link("link", "d"));

        WriteLayer(new TarBytes().Directory("d").File("d/new", "2").File("d/.wh..wh..opq", "").File(".wh.gone", "")
            .File(".wh.link", "").File(".wh.never", "").File("gone", "3").File(".wh..wh.plnk", ""));

        Assert.Equal(["d", "gone"], Directory.GetFileSystemEntries(Root).Select(Path.GetFileName).Order());
        Assert.Equal("new", Path.GetFileName(Assert.Single(Directory.GetFileSystemEntries($"{Root}/d"))));
        Assert.Equal("3", File.ReadAllText($"{Root}/gone"));
    }

    [Theory]
    [InlineData(".wh...")]
    [InlineData(".wh..")]
    [InlineData("link/.wh..wh..opq")]
    public void Whiteouts_reach_nothing_outside(string name)
    {
        File.WriteAllText(_directory.File("victim"), "x");
        Write(new TarBytes().Link("link", "..").File("kept", "1"));

        WriteLayer(new TarBytes().File(name, ""));

        Assert.True(File.Exists(_directory.File("victim")));
        Assert.True(File.Exists($"{Root}/kept"));
    }

    [Fact]
    public void Attributes_are_kept_except_the_kernels_own()
    {
        var value = new byte[] { 1, 0xFF, (byte)'\n', 0 };
        Write(new TarBytes().Pax(
            ("SCHILY.xattr.user.note", value), ("SCHILY.xattr.trusted.overlay.opaque", "y"u8.ToArray()),
            ("SCHILY.xattr.user.overlay.opaque", "y"u8.ToArray())).File("a", "x"));

        Assert.Equal(value, ExtendedAttribute.TryGet($"{Root}/a", "user.note"));
        Assert.Null(ExtendedAttribute.TryGet($"{Root}/a", "user.overlay.opaque"));
        Assert.Null(ExtendedAttribute.TryGet($"{Root}/a", "trusted.overlay.opaque"));
    }

    [Fact]
    public void Names_need_be_no_text()
    {
        Write(new TarBytes().Directory("d\xFF").File("d\xFF/\xE9", "x"));

        using var tree = ForeignTree.Open(Root);
        tree.Remove("d\xFF");
        Assert.Empty(Directory.GetFileSystemEntries(Root));
    }

    [Theory]
    [InlineData("gnu")]
    [InlineData("posix")]
    [InlineData("posix", "--sparse-version=0.0")]
    [InlineData("posix", "--sparse-version=0.1")]
    public void Sparse_files_of_GNUs_tar_stay_sparse(string format, params string[] options)
    {
        using (var file = File.Create(_directory.File("disk")))
        {
            for (var piece = 0; piece < 30; piece++)
            {
                file.Position = piece * 1_000_000;
                file.Write(Encoding.ASCII.GetBytes($"piece {piece}"));
            }

            file.SetLength(40_000_000);
        }

        string[] arguments = [$"--format={format}", .. options, "-S", "-cf", _directory.File("t"), "-C", _directory.Path, "disk"];
        using (var tar = Process.Start("tar", arguments))
        {
            tar.WaitForExit();
        }

        using (var stream = File.OpenRead(_directory.File("t")))
        {
            Write(stream);
        }

        Assert.True(File.ReadAllBytes(_directory.File("disk")).AsSpan().SequenceEqual(File.ReadAllBytes($"{Root}/disk")));
        Assert.InRange(DiskUsage.AllocatedBytes($"{Root}/disk"), 1, 1_000_000);
    }

    private void WriteLayer(TarBytes tar)
    {
        var bytes = tar.End();
        using var tree = ForeignTree.Open(Root);
        var writer = new TreeWriter(tree, own: false);
        writer.Apply(TreeSurvey.Of(new MemoryStream(bytes), Cancel).Whiteouts);
        writer.Write(new MemoryStream(bytes), "", isLayer: true, static _ => { }, Cancel);
    }

    private void Write(TarBytes tar, string root = "") => Write(new MemoryStream(tar.End()), root);

    private void Write(Stream stream, string root = "")
    {
        using var tree = ForeignTree.Open(Root);
        new TreeWriter(tree, own: false).Write(stream, root, isLayer: false, static _ => { }, Cancel);
    }
}

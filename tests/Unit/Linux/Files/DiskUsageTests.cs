using VmTools.Linux;
using VmTools.Linux.Files;
using Xunit;

namespace VmTools.Unit.Linux.Files;

/// <summary>Sparse files and extended attributes on the file system of the temporary directory.</summary>
public sealed class DiskUsageTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_sparse_file_takes_only_what_was_written()
    {
        var path = Path.Combine(_directory.Path, "sparse");
        using (var file = File.Create(path))
        {
            file.SetLength(1 << 30);
            file.Write(new byte[4096]);
        }

        Assert.InRange(DiskUsage.AllocatedBytes(path), 4096, 1 << 20);
    }

    [Fact]
    public void A_symbolic_link_is_not_a_plain_file()
    {
        var target = Path.Combine(_directory.Path, "file");
        var link = Path.Combine(_directory.Path, "link");
        File.WriteAllText(target, "x");
        File.CreateSymbolicLink(link, target);

        Assert.True(DiskUsage.IsPlainFile(target));
        Assert.False(DiskUsage.IsPlainFile(link));
        Assert.False(DiskUsage.IsPlainFile(Path.Combine(_directory.Path, "missing")));
    }

    [Fact]
    public void An_extended_attribute_is_read_back_or_refused_without_an_exception()
    {
        var path = Path.Combine(_directory.Path, "file");
        File.WriteAllText(path, "x");

        var outcome = ExtendedAttribute.TrySet(path, "user.vmtools.test", [1, 0]);

        Assert.Equal(outcome == Errno.None ? [1, 0] : null, ExtendedAttribute.TryGet(path, "user.vmtools.test"));
        Assert.Null(ExtendedAttribute.TryGet(path, "user.vmtools.other"));
    }
}

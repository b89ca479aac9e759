using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Linux.ProcessControl;
using Xunit;

namespace VmTools.Unit.Linux.Files;

public sealed class SmallFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Path => _directory.File("file");

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(100_000)]
    public void A_file_is_read_to_its_end(int length)
    {
        File.WriteAllBytes(Path, [.. Enumerable.Range(0, length).Select(i => (byte)i)]);

        Assert.Equal(File.ReadAllBytes(Path), SmallFile.Read(Path, 100_000));
    }

    [Fact]
    public void A_file_that_is_larger_than_it_may_be_is_refused()
    {
        File.WriteAllBytes(Path, new byte[101]);

        Assert.Equal(Errno.EFBIG, Assert.Throws<LinuxException>(() => SmallFile.Read(Path, 100)).Errno);
        Assert.Equal(101, SmallFile.Read(Path, 101).Length);
    }

    [Fact]
    public async Task A_fifo_is_not_waited_for()
    {
        await using var reaper = Reaper.ForChildren();
        await ChildProcess.Spawn(new SpawnRequest("/usr/bin/mkfifo", ["mkfifo", Path]), reaper).Exited;

        Assert.Equal(Errno.EINVAL, Assert.Throws<LinuxException>(() => SmallFile.Read(Path, 100)).Errno);
        Assert.Equal(Errno.EINVAL, Assert.Throws<LinuxException>(() => SmallFile.ReadThroughLinks(Path, 100)).Errno);
    }

    [Fact]
    public void A_link_to_a_device_is_refused_whether_links_are_followed_or_not()
    {
        File.CreateSymbolicLink(Path, "/dev/zero");

        Assert.Equal(Errno.ELOOP, Assert.Throws<LinuxException>(() => SmallFile.Read(Path, 100)).Errno);
        Assert.Equal(Errno.EINVAL, Assert.Throws<LinuxException>(() => SmallFile.ReadThroughLinks(Path, 100)).Errno);
    }

    [Fact]
    public void A_link_to_a_file_is_followed_where_that_is_asked_for()
    {
        File.WriteAllText(_directory.File("real"), "on\n");
        File.CreateSymbolicLink(Path, "real");

        Assert.Equal("on\n"u8.ToArray(), SmallFile.ReadThroughLinks(Path, 100));
    }

    [Fact]
    public void A_file_that_is_not_there_is_told_so()
    {
        Assert.Equal(Errno.ENOENT, Assert.Throws<LinuxException>(() => SmallFile.Read(Path, 100)).Errno);
    }

    public void Dispose() => _directory.Dispose();
}

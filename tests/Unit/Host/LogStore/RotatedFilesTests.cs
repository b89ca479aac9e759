using VmTools.Host.LogStore;
using Xunit;

namespace VmTools.Unit.Host.LogStore;

public sealed class RotatedFilesTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("rotated-").FullName;

    private string Live => Path.Combine(_directory, "kern.log");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void The_files_are_told_oldest_first_and_the_live_one_last()
    {
        Make("kern.log", "kern.log.1", "kern.log.2.gz", "kern.log.10.gz");

        Assert.Equal(["kern.log.10.gz", "kern.log.2.gz", "kern.log.1", "kern.log"], Names());
    }

    [Fact]
    public void What_only_looks_like_an_older_file_is_left_alone()
    {
        Make("kern.log", "kern.log.gz", "kern.log.0", "kern.log.-1", "kern.log.1.gz.tmp", "kern.log.1x", "kern.logs.1", "xkern.log.1");

        RotatedFiles.Shift(Live, kept: 1);

        Assert.Equal(["kern.log.1"], Names());
        Assert.Equal("kern.log", File.ReadAllText(Live + ".1"));
        Assert.Equal("kern.log.1x", File.ReadAllText(Live + ".1x"));
    }

    [Fact]
    public void Of_an_interrupted_compression_the_plain_file_counts()
    {
        Make("kern.log.1", "kern.log.1.gz");

        Assert.Equal(["kern.log.1"], Names());
    }

    [Fact]
    public void Each_becomes_one_older_and_those_beyond_the_limit_go()
    {
        Make("kern.log", "kern.log.1", "kern.log.2.gz", "kern.log.3.gz", "kern.log.7");

        RotatedFiles.Shift(Live, kept: 3);

        Assert.Equal(["kern.log.3.gz", "kern.log.2", "kern.log.1"], Names());
        Assert.Equal(["kern.log.2.gz", "kern.log.1", "kern.log"], Names().Select(name => File.ReadAllText(Path.Combine(_directory, name))));
    }

    [Fact]
    public void Keeping_none_leaves_none()
    {
        Make("kern.log", "kern.log.1");

        RotatedFiles.Shift(Live, kept: 0);

        Assert.Empty(Directory.GetFiles(_directory));
    }

    [Fact]
    public void Nothing_to_rotate_is_not_a_failure()
    {
        RotatedFiles.Shift(Live, kept: 4);
        RotatedFiles.Shift(Path.Combine(_directory, "absent", "kern.log"), kept: 4);

        Assert.Empty(RotatedFiles.Existing(Path.Combine(_directory, "absent", "kern.log")));
        Assert.Empty(Names());
    }

    private void Make(params string[] names)
    {
        foreach (var name in names)
        {
            File.WriteAllText(Path.Combine(_directory, name), name);
        }
    }

    private List<string> Names() => [.. RotatedFiles.Existing(Live).Select(name => Path.GetFileName(name))];
}

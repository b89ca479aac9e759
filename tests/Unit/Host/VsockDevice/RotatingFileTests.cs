using System.Text;
using VmTools.Host.VsockDevice;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.VsockDevice;

public sealed class RotatingFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Path => _directory.File("log");

    [Fact]
    public void A_file_never_grows_beyond_its_limit_and_keeps_the_last_of_it()
    {
        using (var file = new RotatingFile(Path, limit: 1000))
        {
            for (var i = 0; i < 1000; i++)
            {
                file.Write(Encoding.ASCII.GetBytes($"line {i:D4}\n"));
            }
        }

        Assert.InRange(new FileInfo(Path).Length, 1, 1000);
        Assert.InRange(new FileInfo(Path + ".1").Length, 990, 1000);
        Assert.EndsWith("line 0999\n", File.ReadAllText(Path));
    }

    [Fact]
    public void An_old_file_is_continued()
    {
        File.WriteAllText(Path, "before ");

        using (var file = new RotatingFile(Path, limit: 1000))
        {
            file.Write("after"u8);
        }

        Assert.Equal("before after", File.ReadAllText(Path));
    }

    [Fact]
    public void What_is_longer_than_the_limit_is_written_whole_once()
    {
        using (var file = new RotatingFile(Path, limit: 10))
        {
            file.Write(new byte[100]);
            file.Write("x"u8);
        }

        Assert.Equal(100, new FileInfo(Path + ".1").Length);
        Assert.Equal("x", File.ReadAllText(Path));
    }

    [Fact]
    public void A_directory_that_is_gone_costs_lines_not_the_program()
    {
        using var file = new RotatingFile(Path, limit: 10);
        Directory.Move(_directory.Path, _directory.Path + ".away");

        for (var i = 0; i < 10; i++)
        {
            file.Write("12345678"u8);
        }

        Directory.Move(_directory.Path + ".away", _directory.Path);
    }

    [Fact]
    public void Only_the_owner_may_read_it()
    {
        using var file = new RotatingFile(Path, limit: 10);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path));
    }

    public void Dispose() => _directory.Dispose();
}

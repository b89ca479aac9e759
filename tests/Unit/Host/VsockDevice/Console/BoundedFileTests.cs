using System.Text;
using VmTools.Host.VsockDevice.Console;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.VsockDevice.Console;

public sealed class BoundedFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Path => _directory.File("log");

    [Fact]
    public void A_file_never_grows_beyond_its_limit_and_keeps_the_last_half_of_it_in_whole_lines()
    {
        using (var file = new BoundedFile(Path, limit: 1000))
        {
            for (var i = 0; i < 1000; i++)
            {
                file.Write(Encoding.ASCII.GetBytes($"line {i:D4}\n"));
                Assert.True(new FileInfo(Path).Length <= 1000);
            }
        }

        var lines = File.ReadAllLines(Path);
        Assert.InRange(lines.Length, 50, 100);
        Assert.Equal(Enumerable.Range(1000 - lines.Length, lines.Length).Select(i => $"line {i:D4}"), lines);
        Assert.Equal([Path], Directory.GetFiles(_directory.Path));
    }

    [Fact]
    public void An_old_file_is_continued()
    {
        File.WriteAllText(Path, "before ");

        using (var file = new BoundedFile(Path, limit: 1000))
        {
            file.Write("after"u8);
        }

        Assert.Equal("before after", File.ReadAllText(Path));
    }

    [Fact]
    public void What_is_longer_than_the_limit_is_written_whole_once()
    {
        using (var file = new BoundedFile(Path, limit: 10))
        {
            file.Write(Encoding.ASCII.GetBytes(new string('a', 99) + "\n"));
            Assert.Equal(100, new FileInfo(Path).Length);
            file.Write("x"u8);
        }

        Assert.Equal("x", File.ReadAllText(Path));
    }

    [Fact]
    public void A_file_that_has_been_deleted_costs_lines_not_the_program()
    {
        using var file = new BoundedFile(Path, limit: 10);
        File.Delete(Path);

        for (var i = 0; i < 10; i++)
        {
            file.Write("12345678"u8);
        }
    }

    [Fact]
    public void Only_the_owner_may_read_it()
    {
        using var file = new BoundedFile(Path, limit: 10);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path));
    }

    public void Dispose() => _directory.Dispose();
}

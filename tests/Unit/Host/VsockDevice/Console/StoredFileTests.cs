using System.Text;
using Microsoft.Extensions.Time.Testing;
using VmTools.Host.LogStore;
using VmTools.Host.VsockDevice.Console;
using VmTools.Linux;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.VsockDevice.Console;

public sealed class StoredFileTests : IDisposable
{
    private static readonly LogFileLimits Small = new() { MaxFileBytes = 1000, KeptFiles = 2 };

    private readonly TemporaryDirectory _directory = new();
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private string Live => _directory.File("console.log");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Files_never_grow_beyond_their_limit_nor_in_number_and_keep_the_last_lines()
    {
        using var file = Open();
        for (var i = 0; i < 1000; i++)
        {
            Assert.True(file.TryAppend(Encoding.ASCII.GetBytes($"line {i:D4}\n")));
        }

        Assert.Equal(["console.log.2", "console.log.1", "console.log"], RotatedFiles.Existing(Live).Select(name => Path.GetFileName(name)));
        Assert.All(RotatedFiles.Existing(Live), name => Assert.InRange(new FileInfo(name).Length, 1, Small.MaxFileBytes));
        Assert.EndsWith("line 0999\n", File.ReadAllText(Live), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_whose_first_line_is_a_day_old_is_rotated_also_by_a_later_process()
    {
        using (var file = Open())
        {
            file.TryAppend("2030-01-01T00:00:00.000000Z <13>  VM(33): old\n"u8);
        }

        _clock.Advance(TimeSpan.FromHours(25));
        using var later = Open();
        later.TryAppend("new\n"u8);

        Assert.Equal("new\n", File.ReadAllText(Live));
        Assert.EndsWith("old\n", File.ReadAllText(Live + ".1"), StringComparison.Ordinal);
    }

    [Fact]
    public void While_somebody_else_has_the_directory_the_file_grows_to_twice_its_limit_and_no_further()
    {
        using var file = Open();
        bool isAnyRefused;
        using (FileLock.TryTake(_directory.File(".lock")))
        {
            isAnyRefused = Enumerable.Range(0, 300).Count(i => file.TryAppend(Encoding.ASCII.GetBytes($"line {i:D4}\n"))) < 300;
        }

        Assert.True(isAnyRefused);
        Assert.InRange(new FileInfo(Live).Length, Small.MaxFileBytes, 2 * Small.MaxFileBytes);
        Assert.True(file.TryAppend("on\n"u8));
        Assert.Equal("on\n", File.ReadAllText(Live));
    }

    [Fact]
    public void A_directory_that_is_gone_costs_lines_not_the_program()
    {
        using var file = Open();
        Directory.Move(_directory.Path, _directory.Path + ".away");

        for (var i = 0; i < 1000; i++)
        {
            file.TryAppend("12345678\n"u8);
        }

        Directory.Move(_directory.Path + ".away", _directory.Path);
        Assert.InRange(new FileInfo(Live).Length, 1, 2 * Small.MaxFileBytes);
    }

    [Fact]
    public void Only_the_owner_may_read_it()
    {
        using var file = Open();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Live));
    }

    private StoredFile Open() => new(Live, Small, _clock);
}

using System.Text;
using Microsoft.Extensions.Time.Testing;
using VmTools.Host.LogStore;
using VmTools.Linux.Files;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.LogStore;

public sealed class LogWriterTests : IDisposable
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
            Assert.True(file.TryAppendAndRotate(Encoding.ASCII.GetBytes($"line {i:D4}\n")));
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
            file.TryAppendAndRotate("2030-01-01T00:00:00.000000Z <13>  VM(33): old\n"u8);
        }

        _clock.Advance(TimeSpan.FromHours(25));
        using var later = Open();
        later.TryAppendAndRotate("new\n"u8);

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
            isAnyRefused = Enumerable.Range(0, 300).Count(i => file.TryAppendAndRotate(Encoding.ASCII.GetBytes($"line {i:D4}\n"))) < 300;
        }

        Assert.True(isAnyRefused);
        Assert.InRange(new FileInfo(Live).Length, Small.MaxFileBytes, 2 * Small.MaxFileBytes);
        Assert.True(file.TryAppendAndRotate("on\n"u8));
        Assert.Equal("on\n", File.ReadAllText(Live));
    }

    [Fact]
    public void A_directory_that_is_gone_costs_lines_not_the_program()
    {
        using var file = Open();
        Directory.Move(_directory.Path, _directory.Path + ".away");

        for (var i = 0; i < 1000; i++)
        {
            file.TryAppendAndRotate("12345678\n"u8);
        }

        Directory.Move(_directory.Path + ".away", _directory.Path);
        Assert.InRange(new FileInfo(Live).Length, 1, 2 * Small.MaxFileBytes);
    }

    [Fact]
    public void A_half_line_of_an_earlier_process_does_not_swallow_the_next()
    {
        const string Left = "2030-01-01T00:00:00.000000Z <13>  VM(33): whole\n2030-01-01T00:00";
        File.WriteAllText(Live, Left);

        using var file = Open();
        file.TryAppendAndRotate("next\n"u8);

        Assert.Equal(Left + "\nnext\n", File.ReadAllText(Live));
    }

    [Fact]
    public void What_is_no_file_is_refused()
    {
        Directory.CreateDirectory(Live);
        using var directory = new LogWriter(Live, Small, _clock);

        Assert.ThrowsAny<IOException>(() => directory.TryOpen());
    }

    [Fact]
    public void What_was_appended_can_be_taken_off_again()
    {
        using var file = Open();
        file.TryAppend("whole\n"u8);
        var length = file.Length;

        file.TryAppend("more\n"u8);
        file.CutTo(length);

        Assert.Equal("whole\n", File.ReadAllText(Live));
    }

    [Fact]
    public void Only_the_owner_may_read_it()
    {
        using var file = Open();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Live));
    }

    private LogWriter Open()
    {
        var writer = new LogWriter(Live, Small, _clock);
        Assert.True(writer.TryOpen());
        return writer;
    }
}

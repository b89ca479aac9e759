using Microsoft.Extensions.Time.Testing;
using VmTools.Linux;
using VmTools.Linux.Files;
using Xunit;

namespace VmTools.Unit.Linux.Files;

/// <summary>What is blank: holes, allocated space that was never written, and written zeroes; and what is not.</summary>
public sealed class BlankScanTests : IDisposable
{
    private const long Huge = 69L << 30;
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void A_huge_file_of_holes_is_blank_and_looked_through_at_once()
    {
        using var file = Make(Huge);
        var clock = TimeProvider.System;
        var since = clock.GetTimestamp();

        Assert.Equal(BlankVerdict.Blank, BlankScan.Of(file, TimeSpan.FromSeconds(20), clock, Cancel).Verdict);
        Assert.True(clock.GetElapsedTime(since) < TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void A_huge_file_with_one_byte_near_its_end_holds_data()
    {
        using var file = Make(Huge);
        Fd.TryWriteAt(file, "x"u8, Huge - 5, out _);

        var scan = BlankScan.Of(file, TimeSpan.FromSeconds(20), TimeProvider.System, Cancel);

        Assert.Equal((BlankVerdict.HoldsData, Huge - 5), (scan.Verdict, scan.Offset));
    }

    [Fact]
    public void Allocated_space_that_was_never_written_is_blank()
    {
        using var file = Make(0);
        Assert.SkipUnless(DiskUsage.TryAllocate(file, 64 << 20) == Errno.None, "The file system cannot allocate.");

        Assert.Equal(BlankVerdict.Blank, BlankScan.Of(file, TimeSpan.FromSeconds(20), TimeProvider.System, Cancel).Verdict);
    }

    [Fact]
    public void Written_zeroes_are_blank_and_too_many_of_them_are_not()
    {
        using var file = Make(0);
        Fd.TryWriteAt(file, new byte[1 << 20], 0, out _);
        var late = new FakeTimeProvider { AutoAdvanceAmount = TimeSpan.FromSeconds(2) };

        Assert.Equal(BlankVerdict.Blank, BlankScan.Of(file, TimeSpan.FromSeconds(20), TimeProvider.System, Cancel).Verdict);
        Assert.Equal(BlankVerdict.TooLarge, BlankScan.Of(file, TimeSpan.FromSeconds(20), late, Cancel).Verdict);
    }

    [Fact]
    public void What_is_empty_or_cannot_be_read_is_not_blank()
    {
        using var empty = Make(0);
        var path = Path.Combine(_directory.Path, "file");
        File.WriteAllBytes(path, new byte[4096]);
        using var unreadable = FdHandle.Open(path, OpenFlags.WriteOnly);
        using var directory = FdHandle.Open(_directory.Path, OpenFlags.Directory);

        Assert.Equal(BlankVerdict.Empty, BlankScan.Of(empty, TimeSpan.FromSeconds(20), TimeProvider.System, Cancel).Verdict);
        Assert.Equal(
            (BlankVerdict.Unreadable, Errno.EBADF),
            BlankScan.Of(unreadable, TimeSpan.FromSeconds(20), TimeProvider.System, Cancel) is var scan
                ? (scan.Verdict, scan.Errno)
                : default);
        Assert.NotEqual(BlankVerdict.Blank, BlankScan.Of(directory, TimeSpan.FromSeconds(20), TimeProvider.System, Cancel).Verdict);
    }

    private FdHandle Make(long length)
    {
        var file = FdHandle.Open(
            Path.Combine(_directory.Path, Guid.NewGuid().ToString("N")), OpenFlags.Create | OpenFlags.ReadWrite,
                UnixFileMode.UserRead | UnixFileMode.UserWrite);
        DiskUsage.TrySetLength(file, length);
        return file;
    }
}

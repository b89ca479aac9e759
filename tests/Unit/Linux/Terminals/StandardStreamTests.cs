using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Linux.Terminals;
using Xunit;

namespace VmTools.Unit.Linux.Terminals;

public sealed class StandardStreamTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void A_result_that_finds_no_room_is_told()
    {
        using var full = FdHandle.Open("/dev/full", OpenFlags.WriteOnly);
        using var writer = new StandardWriter(full, 1, isTold: true);

        var lost = Assert.Throws<OutputLostException>(() => writer.WriteLine("text"));

        Assert.Equal((Errno.ENOSPC, false), (lost.Errno, lost.ReaderLeft));
        Assert.Equal("Standard output cannot be written: No space left on device.", lost.Message);
    }

    [Fact]
    public async Task A_reader_that_left_is_told_as_such()
    {
        var (read, write) = Pipe.Create();
        using var ours = write;
        read.Dispose();
        await OtherEnd.GoneAsync(write);
        using var writer = new StandardWriter(write, 1, isTold: true);

        Assert.True(Assert.Throws<OutputLostException>(() => writer.Write('x')).ReaderLeft);
    }

    [Fact]
    public void What_is_said_beside_the_result_may_be_lost()
    {
        using var full = FdHandle.Open("/dev/full", OpenFlags.WriteOnly);
        using var writer = new StandardWriter(full, 2, isTold: false);

        writer.WriteLine("text");
    }

    [Fact]
    public async Task A_pipe_that_does_not_block_is_waited_for()
    {
        var (read, write) = Pipe.Create();
        using var theirs = read;
        using var ours = write;
        Fd.SetNonBlocking(write, true);
        using var writer = new StandardWriter(write, 1, isTold: true);
        var text = new string('ä', 200_000);

        var writing = Task.Run(() => writer.Write(text), Cancel);

        var all = new byte[text.Length * 2];
        for (var filled = 0; filled < all.Length;)
        {
            Assert.Equal(Errno.None, Fd.TryRead(read, all.AsSpan(filled), out var count));
            filled += count;
        }

        await writing;
        Assert.Equal(text, System.Text.Encoding.UTF8.GetString(all));
    }

    [Fact]
    public async Task Lines_come_one_by_one_and_the_last_needs_no_end()
    {
        var (read, write) = Pipe.Create();
        using var theirs = read;
        using var reader = new StandardReader(read);
        _ = Fd.TryWrite(write, "yes\n\nno"u8, out _);
        write.Dispose();

        Assert.Equal(
            ["yes", "", "no", null],
            [await reader.ReadLineAsync(Cancel), await reader.ReadLineAsync(Cancel), await reader.ReadLineAsync(Cancel),
            await reader.ReadLineAsync(Cancel)]);
    }

    [Fact]
    public async Task A_file_is_read_and_a_line_that_is_far_too_long_comes_in_pieces()
    {
        using var directory = new TemporaryDirectory();
        var path = Path.Combine(directory.Path, "answers");
        await File.WriteAllTextAsync(path, new string('y', 5000) + "\n", Cancel);
        using var file = FdHandle.Open(path, OpenFlags.ReadOnly);
        using var reader = new StandardReader(file);

        Assert.Equal(
            (4096, 904, null), (
            (await reader.ReadLineAsync(Cancel))!.Length, (await reader.ReadLineAsync(Cancel))!.Length, await reader.ReadLineAsync(
            Cancel)));
    }

    [Fact]
    public async Task A_wait_for_a_line_can_be_given_up()
    {
        var (read, write) = Pipe.Create();
        using var theirs = read;
        using var ours = write;
        using var reader = new StandardReader(read);
        using var enough = new CancellationTokenSource();

        var waiting = reader.ReadLineAsync(enough.Token).AsTask();
        await enough.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }
}

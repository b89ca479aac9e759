using System.Security.Cryptography;
using Microsoft.Extensions.Time.Testing;
using VmTools.Host.Vsh;
using VmTools.Linux;
using VmTools.Linux.Sockets;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Vsh;
using VmTools.Protocol.Vsh;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.Vsh;

public sealed class VshSessionTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0, 0)]
    [InlineData(42, 42)]
    [InlineData(255, 255)]
    [InlineData(256, 255)]
    [InlineData(-1, 255)]
    [InlineData(int.MinValue, 255)]
    public async Task The_exit_code_is_the_guests_and_never_zero_by_chance(int said, int expected)
    {
        await using var peer = new VshdPeer();
        var running = peer.RunAsync();

        await peer.ExitAsync(said);

        Assert.Equal(new VshEnding(expected, null), await running.WaitAsync(Cancel));
    }

    [Fact]
    public async Task Output_and_errors_stay_apart_and_in_order()
    {
        await using var peer = new VshdPeer();
        var running = peer.RunAsync();

        await peer.SayAsync(StdioStream.StdoutStream, "one ");
        await peer.SayAsync(StdioStream.StderrStream, "oops ");
        await peer.SayAsync(StdioStream.StdoutStream, "two");
        await peer.SayAsync(StdioStream.StderrStream, "again");
        await peer.ExitAsync(0);
        await running.WaitAsync(Cancel);

        Assert.Equal("one two", await VshdPeer.ReadAllAsync(peer.OutputEnd, peer.Stdio.Output));
        Assert.Equal("oops again", await VshdPeer.ReadAllAsync(peer.ErrorEnd, peer.Stdio.Error));
    }

    [Fact]
    public async Task Input_arrives_and_its_end_is_told()
    {
        await using var peer = new VshdPeer();
        var running = peer.RunAsync();
        Fd.TryWrite(peer.InputEnd!, "hello"u8, out _);

        var data = await peer.Guest.ReadAsync(GuestMessage.Parser, Cancel);
        peer.InputEnd!.Dispose();
        var end = await peer.Guest.ReadAsync(GuestMessage.Parser, Cancel);

        Assert.Equal((StdioStream.StdinStream, "hello"), (data!.DataMessage.Stream, data.DataMessage.Data.ToStringUtf8()));
        Assert.Empty(end!.DataMessage.Data);
        await peer.ExitAsync(0);
        await running.WaitAsync(Cancel);
    }

    [Theory]
    [InlineData("/dev/null")]
    [InlineData("/proc/self/comm")]
    public async Task Input_that_epoll_refuses_is_read_too(string path)
    {
        await using var peer = new VshdPeer(FdHandle.Open(path, OpenFlags.ReadOnly));
        var running = peer.RunAsync();

        var received = await ReceiveInputAsync(peer);

        Assert.Equal(File.ReadAllBytes(path), received);
        await peer.ExitAsync(0);
        await running.WaitAsync(Cancel);
    }

    [Fact]
    public async Task Large_input_arrives_whole()
    {
        await using var peer = new VshdPeer();
        var running = peer.RunAsync();
        var sent = RandomNumberGenerator.GetBytes(3_000_001);
        var writing = Task.Run(() => WriteAll(peer.InputEnd!, sent), Cancel);

        var received = await ReceiveInputAsync(peer);

        await writing;
        Assert.Equal(sent, received);
        await peer.ExitAsync(0);
        await running.WaitAsync(Cancel);
    }

    [Fact]
    public async Task Large_output_to_a_slow_reader_arrives_whole()
    {
        await using var peer = new VshdPeer();
        var running = peer.RunAsync();
        var sent = RandomNumberGenerator.GetBytes(3_000_001);
        var saying = peer.SayAndExitAsync(sent);
        var reading = Task.Run(() => VshdPeer.ReadToEnd(peer.OutputEnd), Cancel);

        await saying;
        await running.WaitAsync(Cancel);
        peer.Stdio.Output.Dispose();

        Assert.Equal(sent, await reading);
    }

    [Fact]
    public async Task Output_that_is_not_read_holds_the_guest_back()
    {
        await using var peer = new VshdPeer();
        var running = peer.RunAsync();

        var saying = peer.SayAndExitAsync(new byte[10_000_000]);

        Assert.NotSame(saying, await Task.WhenAny(saying, Task.Delay(200, Cancel)));
        peer.OutputEnd.Dispose();
        await running.WaitAsync(Cancel);
        await peer.Session.DisposeAsync();
        await Assert.ThrowsAnyAsync<IOException>(() => saying);
    }

    [Fact]
    public async Task A_reader_that_has_gone_ends_the_session_as_it_would_end_a_program()
    {
        await using var peer = new VshdPeer();
        var running = peer.RunAsync();
        peer.OutputEnd.Dispose();
        await OtherEnd.GoneAsync(peer.Stdio.Output);

        await peer.SayAsync(StdioStream.StdoutStream, "anybody?");

        Assert.Equal(141, (await running.WaitAsync(Cancel)).Code);
    }

    [Fact]
    public async Task Errors_that_nobody_reads_are_dropped()
    {
        await using var peer = new VshdPeer();
        var running = peer.RunAsync();
        peer.ErrorEnd.Dispose();
        await OtherEnd.GoneAsync(peer.Stdio.Error);

        await peer.SayAsync(StdioStream.StderrStream, "oops");
        await peer.SayAsync(StdioStream.StdoutStream, "fine");
        await peer.ExitAsync(3);

        Assert.Equal(3, (await running.WaitAsync(Cancel)).Code);
        Assert.Equal("fine", await VshdPeer.ReadAllAsync(peer.OutputEnd, peer.Stdio.Output));
    }

    [Fact]
    public async Task A_guest_that_reads_no_more_input_can_still_speak()
    {
        await using var peer = new VshdPeer(FdHandle.Open("/dev/zero", OpenFlags.ReadOnly));
        var running = peer.RunAsync();
        await peer.Guest.ReadMessageAsync(Cancel);

        await peer.SayAsync(StdioStream.StdoutStream, "enough");
        await peer.ExitAsync(7);

        Assert.Equal(7, (await running.WaitAsync(Cancel)).Code);
        Assert.Equal("enough", await VshdPeer.ReadAllAsync(peer.OutputEnd, peer.Stdio.Output));
    }

    [Fact]
    public async Task A_lost_connection_is_a_failure_of_vsh_with_a_reason()
    {
        await using var peer = new VshdPeer();
        var running = peer.RunAsync();

        await peer.Guest.DisposeAsync();

        var ending = await running.WaitAsync(Cancel);
        Assert.Equal(125, ending.Code);
        Assert.NotNull(ending.Problem);
    }

    [Fact]
    public async Task The_guests_reason_cannot_speak_to_the_terminal()
    {
        await using var peer = new VshdPeer();
        var running = peer.RunAsync();

        await peer.SayAsync(new HostMessage
        {
            StatusMessage = new ConnectionStatusMessage
            {
                Status = ConnectionStatus.Failed,
                Description = "\u001b]52;c;eA==\u0007 \u202eflip"
            },
        });

        var ending = await running.WaitAsync(Cancel);
        Assert.Equal(125, ending.Code);
        Assert.Equal("the guest ended the session: \ufffd]52;c;eA==\ufffd \ufffdflip", ending.Problem);
    }

    [Fact]
    public async Task A_refusal_carries_the_guests_reason()
    {
        await using var peer = new VshdPeer();
        var opening = peer.Session.OpenAsync(new SetupConnectionRequest(), Cancel);
        await peer.Guest.ReadAsync(SetupConnectionRequest.Parser, Cancel);

        await peer.SayAsync(new SetupConnectionResponse { Status = ConnectionStatus.Failed, Description = "could not find user: x" });

        var error = await Assert.ThrowsAsync<VmToolsException>(() => opening);
        Assert.Contains("could not find user: x", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_guest_that_closes_without_an_answer_is_unavailable()
    {
        await using var peer = new VshdPeer();
        var opening = peer.Session.OpenAsync(new SetupConnectionRequest(), Cancel);

        await peer.Guest.DisposeAsync();

        Assert.Equal(ErrorKind.Unavailable, (await Assert.ThrowsAsync<VmToolsException>(() => opening)).Kind);
    }

    [Fact]
    public async Task A_guest_that_does_not_answer_is_given_up()
    {
        var clock = new FakeTimeProvider();
        await using var peer = new VshdPeer();
        await using var guest = new VshConnection(peer.RawGuest);
        var (mine, theirs) = UnixSocket.Pair();
        using var silent = theirs;
        await using var session = new VshSession(
            new VshConnection(new VmTools.Protocol.Vsock.VsockStream(default, AsyncSocket.Own(mine)).Stream), peer.Stdio, clock);
        var opening = session.OpenAsync(new SetupConnectionRequest(), Cancel);

        clock.Advance(TimeSpan.FromSeconds(31));

        Assert.Equal(ErrorKind.DeadlineExceeded, (await Assert.ThrowsAsync<VmToolsException>(() => opening)).Kind);
    }

    [Fact]
    public async Task Signals_and_sizes_reach_the_guest()
    {
        await using var peer = new VshdPeer();
        var running = peer.RunAsync();

        peer.Session.SendSignal(VmTools.Protocol.Messages.Vsh.Signal.Quit);
        peer.Session.Resize(24, 80);

        Assert.Equal(VmTools.Protocol.Messages.Vsh.Signal.Quit, (await peer.Guest.ReadAsync(GuestMessage.Parser, Cancel))!.Signal);
        Assert.Equal(
            new WindowResizeMessage { Rows = 24, Cols = 80 }, (await peer.Guest.ReadAsync(GuestMessage.Parser, Cancel))!.ResizeMessage);
        await peer.ExitAsync(0);
        await running.WaitAsync(Cancel);
    }

    private static async Task<byte[]> ReceiveInputAsync(VshdPeer peer)
    {
        var received = new List<byte>();
        while (DataOf(await peer.Guest.ReadMessageAsync(Cancel)) is { Length: > 0 } data)
        {
            received.AddRange(data);
        }

        return [.. received];
    }

    private static byte[] DataOf(ReadOnlyMemory<byte>? message)
    {
        Assert.True(VshData.TryRead(message!.Value.Span, out _, out var data));
        return data.ToArray();
    }

    private static void WriteAll(FdHandle to, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            Assert.Equal(Errno.None, Fd.TryWrite(to, bytes, out var count));
            bytes = bytes[count..];
        }

        to.Dispose();
    }
}

using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using VmTools.Linux.Accounts;
using VmTools.Linux.Sockets;
using VmTools.Protocol;
using VmTools.Protocol.Vsock;
using VmTools.Unit.Protocol.Fakes;
using Xunit;

namespace VmTools.Unit.Protocol.Vsock;

/// <summary>The user carrier on real unix sockets, with the test in the device's place.</summary>
public sealed class UserVsockTests : IAsyncDisposable
{
    private static readonly VsockPort Port = new(7777);
    private static readonly VsockAddress Guest = new(new Cid(5), new VsockPort(9001));

    private readonly ScratchDirectory _scratch = new();
    private readonly FakeTimeProvider _clock = new();
    private readonly UserVsock _vsock;

    public UserVsockTests() =>
        _vsock = new UserVsock(_scratch.Path, new Registry(new Cid(5), Environment.ProcessId), _clock);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_device_that_introduces_itself_is_accepted_with_its_guests_address()
    {
        await using var listener = await _vsock.ListenAsync(Port, Cancel);
        using var device = Dial("PEER 5 1024\nhello");

        await using var stream = await listener.AcceptAsync(Cancel);

        Assert.Equal(new VsockAddress(new Cid(5), new VsockPort(1024)), stream.Peer);
        Assert.Equal("hello", await ReadAsync(stream, 5));
    }

    [Fact]
    public async Task A_line_that_comes_byte_by_byte_is_a_line()
    {
        await using var listener = await _vsock.ListenAsync(Port, Cancel);
        using var device = Dial("");

        foreach (var unit in "PEER 5 1024\nx"u8.ToArray())
        {
            await device.SendAsync(new[] { unit }, Cancel);
            await Task.Yield();
        }

        await using var stream = await listener.AcceptAsync(Cancel);
        Assert.Equal("x", await ReadAsync(stream, 1));
    }

    [Theory]
    [InlineData("PEER 6 1024\n")]
    [InlineData("PEER 2 1024\n")]
    [InlineData("GET / HTTP/1.1\n")]
    [InlineData("\n")]
    [InlineData("PEER 5 1024 and much more than a line may have\n")]
    public async Task Anybody_else_is_hung_up_on_without_a_word(string line)
    {
        await using var listener = await _vsock.ListenAsync(Port, Cancel);

        using var caller = Dial(line);

        await HungUpAsync(caller);
        await StillServesAsync(listener);
    }

    [Fact]
    public async Task A_megabyte_without_a_newline_is_not_read()
    {
        await using var listener = await _vsock.ListenAsync(Port, Cancel);
        using var caller = Dial("");

        var sending = SendAllAsync(caller, new byte[1024 * 1024]);

        await HungUpAsync(caller);
        await sending;
        await StillServesAsync(listener);
    }

    [Fact]
    public async Task A_caller_that_says_nothing_keeps_nobody_waiting_and_is_hung_up_on_in_the_end()
    {
        await using var listener = await _vsock.ListenAsync(Port, Cancel);
        using var silent = Dial("PEER 5");
        await StillServesAsync(listener);

        _clock.Advance(TimeSpan.FromSeconds(5));

        await HungUpAsync(silent);
    }

    [Fact]
    public async Task More_silent_callers_than_there_are_places_only_delay_the_others()
    {
        await using var listener = await _vsock.ListenAsync(Port, Cancel);
        var silent = Enumerable.Range(0, 100).Select(_ => Dial("")).ToArray();
        var waiting = Dial("PEER 5 1024\n");
        var accepting = listener.AcceptAsync(Cancel).AsTask();

        // The clock is everybody's: it may also run out for the device while its line is being read. It then comes again.
        while (!accepting.IsCompleted && !silent.All(IsHungUp))
        {
            _clock.Advance(TimeSpan.FromSeconds(5));
            await Task.Delay(5, Cancel);
        }

        using var late = Dial("PEER 5 1024\n");
        await (await accepting.WaitAsync(TimeSpan.FromSeconds(30), Cancel)).DisposeAsync();
        waiting.Dispose();
        Array.ForEach(silent, caller => caller.Dispose());
    }

    [Fact]
    public async Task A_closed_listener_ends_its_accept_and_leaves_nothing_behind()
    {
        var listener = await _vsock.ListenAsync(Port, Cancel);
        var accepting = listener.AcceptAsync(Cancel).AsTask();
        using var silent = Dial("");

        await listener.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => accepting);
        await HungUpAsync(silent);
        Assert.Empty(Directory.GetFiles(_scratch.Path));
    }

    [Fact]
    public async Task A_port_is_served_once()
    {
        await using var listener = await _vsock.ListenAsync(Port, Cancel);

        var error = await Assert.ThrowsAsync<VmToolsException>(async () => await _vsock.ListenAsync(Port, Cancel));

        Assert.Equal(ErrorKind.AlreadyExists, error.Kind);
    }

    [Fact]
    public async Task The_name_space_is_private()
    {
        await using var listener = await _vsock.ListenAsync(Port, Cancel);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_scratch.PathOf("host.7777")));
    }

    [Fact]
    public async Task A_connection_to_a_guest_begins_behind_the_devices_consent()
    {
        using var device = Device();
        var connecting = _vsock.ConnectAsync(Guest, Cancel).AsTask();
        using var accepted = await device.AcceptAsync(Cancel);
        Assert.Equal("CONNECT 9001\n", await ReadAsync(accepted, 13));

        await accepted.SendAsync("OK 1073741824\nhello"u8.ToArray(), Cancel);

        await using var stream = await connecting;
        Assert.Equal(Guest, stream.Peer);
        Assert.Equal("hello", await ReadAsync(stream, 5));
    }

    [Theory]
    [InlineData("")]
    [InlineData("NO\n")]
    [InlineData("OK")]
    [InlineData("OK 11111111111111111111111111111111111\n")]
    public async Task A_refusal_names_guest_and_port(string answer)
    {
        using var device = Device();
        var connecting = _vsock.ConnectAsync(Guest, Cancel).AsTask();
        var accepted = await device.AcceptAsync(Cancel);

        await accepted.SendAsync(Encoding.ASCII.GetBytes(answer), Cancel);
        accepted.Dispose();

        var error = await Assert.ThrowsAsync<VmToolsException>(() => connecting);
        Assert.Equal(ErrorKind.Unavailable, error.Kind);
        Assert.Contains("CID 5", error.Message, StringComparison.Ordinal);
        Assert.Contains("9001", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_guest_that_does_not_run_is_unavailable()
    {
        var error = await Assert.ThrowsAsync<VmToolsException>(async () => await _vsock.ConnectAsync(Guest, Cancel));

        Assert.Equal(ErrorKind.Unavailable, error.Kind);
    }

    [Fact]
    public async Task A_device_that_does_not_answer_is_given_up()
    {
        using var device = Device();
        var connecting = _vsock.ConnectAsync(Guest, Cancel).AsTask();
        using var accepted = await device.AcceptAsync(Cancel);
        await ReadAsync(accepted, 13);

        _clock.Advance(TimeSpan.FromSeconds(11));

        var error = await Assert.ThrowsAsync<VmToolsException>(() => connecting);
        Assert.Equal(ErrorKind.DeadlineExceeded, error.Kind);
    }

    [Fact]
    public async Task Half_a_stream_can_be_ended()
    {
        await using var listener = await _vsock.ListenAsync(Port, Cancel);
        using var device = Dial("PEER 5 1024\n");
        await using var stream = await listener.AcceptAsync(Cancel);

        stream.ShutdownSend();
        await device.SendAsync("late"u8.ToArray(), Cancel);

        await HungUpAsync(device);
        Assert.Equal("late", await ReadAsync(stream, 4));
    }

    public ValueTask DisposeAsync()
    {
        _scratch.Dispose();
        return ValueTask.CompletedTask;
    }

    private Socket Dial(string line)
    {
        var socket = AsyncSocket.Own(UnixSocket.Connect(_scratch.PathOf("host.7777")));
        if (line.Length > 0)
        {
            socket.Send(Encoding.ASCII.GetBytes(line));
        }

        return socket;
    }

    private Socket Device() =>
        AsyncSocket.Own(UnixSocket.Listen(_scratch.PathOf("guest.5"), 8, UnixFileMode.UserRead | UnixFileMode.UserWrite));

    private async Task StillServesAsync(IVsockListener listener)
    {
        using var device = Dial("PEER 5 1\n");
        await using var stream = await listener.AcceptAsync(Cancel);
        Assert.Equal(1u, stream.Peer.Port.Value);
    }

    private static async Task SendAllAsync(Socket socket, byte[] bytes)
    {
        try
        {
            await socket.SendAsync(bytes, Cancel);
        }
        catch (SocketException)
        {
            // Hung up on, as the test wants.
        }
    }

    private static async Task HungUpAsync(Socket socket)
    {
        try
        {
            Assert.Equal(0, await socket.ReceiveAsync(new byte[1], Cancel));
        }
        catch (SocketException reset)
        {
            Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
        }
    }

    private static bool IsHungUp(Socket socket) => socket.Poll(TimeSpan.Zero, SelectMode.SelectRead) && socket.Available == 0;

    private static Task<string> ReadAsync(VsockStream stream, int count) => ReadAsync(stream.Socket, count);

    private static async Task<string> ReadAsync(Socket socket, int count)
    {
        var bytes = new byte[count];
        for (var have = 0; have < count;)
        {
            var got = await socket.ReceiveAsync(bytes.AsMemory(have), Cancel);
            Assert.NotEqual(0, got);
            have += got;
        }

        return Encoding.ASCII.GetString(bytes);
    }

    private sealed class Registry(Cid cid, int pid) : IDeviceRegistry
    {
        public bool Speaks(Cid asked, int caller, uint uid) => asked == cid && caller == pid && uid == Users.EffectiveId;
    }
}

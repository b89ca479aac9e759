using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using VmTools.Guest.HostCall;
using VmTools.Guest.Syslog;
using VmTools.Guest.Syslog.Input;
using VmTools.Guest.Syslog.Sending;
using VmTools.Guest.Syslog.Spooling;
using VmTools.Linux;
using VmTools.Linux.Loop;
using VmTools.Linux.Sockets;
using VmTools.Protocol;
using VmTools.Unit.Guest.Syslog.Spooling;
using VmTools.Unit.Linux;
using VmTools.Unit.Protocol.Fakes;
using Xunit;

namespace VmTools.Unit.Guest.Syslog;

/// <summary>
/// vm_syslog from a program's send() to the host's collector: a real /dev/log in another place, with a host that is there, away, or
/// unwilling. Programs never wait for the host.
/// </summary>
public sealed class SyslogServingTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private readonly MemoryVsock _vsock = new();
    private readonly HostCollector _host = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Socket _program = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly FdHandle _socket;
    private readonly Spool _spool;
    private readonly InputLoop _input;
    private Task _serving = Task.CompletedTask;

    public SyslogServingTests()
    {
        _socket = UnixSocket.BindDatagram(_directory.File("log"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _spool = new Spool(
            new SpoolQueue(new MemoryStorage(4_096), new MemoryStorage(4_096)),
            new SpoolQueue(new MemoryStorage(40_000), FileStorage.Create(_directory.File("user.spool"), 80_000)),
            TimeProvider.System);
        _input = new InputLoop([new DatagramSource(_socket, _spool, TimeProvider.System)], TimeProvider.System);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _program.Connect(new UnixDomainSocketEndPoint(_directory.File("log")));
        var call = new LogCollectorCall(_vsock.As(new Cid(5)), _spool.Id, TimeProvider.System);
        _serving = SyslogProgram.ServeAsync(
            _input, new LogSender(_spool, call, static _ => { }, TimeProvider.System, NullLogger.Instance), _stop.Token);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving;
        _input.Dispose();
        _spool.Dispose();
        _program.Dispose();
        _socket.Dispose();
        await _host.DisposeAsync();
        _stop.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task What_was_sent_before_the_end_is_on_the_host_after_it()
    {
        await _host.ListenAsync(_vsock);
        for (var i = 0; i < 300; i++)
        {
            Send($"<13>record {i}");
        }

        await _stop.CancelAsync();
        await _serving.InTime();

        Assert.Equal(Enumerable.Range(0, 300).Select(number => $"record {number}"), _host.Contents);
    }

    [Fact]
    public async Task What_was_read_before_reading_failed_is_on_the_host_too()
    {
        await _host.ListenAsync(_vsock);
        using var ready = new EventFd();
        ready.Signal();
        using var input = new InputLoop([new BrokenSource(ready.Handle, _spool)], TimeProvider.System);

        var call = new LogCollectorCall(_vsock.As(new Cid(5)), _spool.Id, TimeProvider.System);
        var serving = SyslogProgram.ServeAsync(
            input, new LogSender(_spool, call, static _ => { }, TimeProvider.System, NullLogger.Instance), Cancel);

        await Assert.ThrowsAsync<IOException>(() => serving.InTime());
        Assert.Equal(["the last one"], _host.Contents);
    }

    [Fact]
    public async Task Without_a_host_the_end_comes_all_the_same()
    {
        Send("<13>nobody will read this");

        await _stop.CancelAsync();

        await _serving.InTime();
    }

    [Fact]
    public async Task Programs_never_wait_for_a_host_that_is_away_and_what_did_not_fit_is_counted()
    {
        const int all = 20_000;
        for (var i = 0; i < all; i++)
        {
            Send($"<13>record {i} {new string('x', 40)}");
        }

        Assert.InRange(new FileInfo(_directory.File("user.spool")).Length, 1, 80_000);
        await _host.ListenAsync(_vsock);
        await _stop.CancelAsync();
        await _serving.InTime();

        // Each gap stands where its records would have been.
        var next = 0;
        var lost = 0;
        foreach (var content in _host.Contents)
        {
            var number = int.Parse(content.Split(' ')[1], CultureInfo.InvariantCulture);
            if (content.EndsWith("records lost: the host was away", StringComparison.Ordinal))
            {
                next += number;
                lost += number;
            }
            else
            {
                Assert.StartsWith("record ", content, StringComparison.Ordinal);
                Assert.Equal(next++, number);
            }
        }

        Assert.Equal(all, next);
        Assert.InRange(lost, 1, all - 1);
    }

    [Fact]
    public async Task A_batch_that_the_host_cannot_take_now_comes_again_under_its_name()
    {
        _host.Answer = StatusCode.ResourceExhausted;
        await _host.ListenAsync(_vsock);
        Send("<13>first");
        await Waiting.UntilAsync(() => _host.Asked.Count >= 2);

        _host.Answer = StatusCode.OK;
        Send("<13>second");
        await Waiting.UntilAsync(() => _host.Contents.Count >= 1);
        await _stop.CancelAsync();
        await _serving.InTime();

        Assert.Equal(["first", "second"], _host.Contents);
        Assert.Equal([$"{_spool.Id}-1", $"{_spool.Id}-2"], _host.Asked.Distinct());
    }

    [Fact]
    public async Task A_batch_that_the_host_refuses_for_good_does_not_hold_up_the_next()
    {
        _host.Answer = StatusCode.InvalidArgument;
        await _host.ListenAsync(_vsock);
        Send("<13>refused");
        await Waiting.UntilAsync(() => _host.Asked.Count == 1);

        _host.Answer = StatusCode.OK;
        Send("<13>taken");
        await _stop.CancelAsync();
        await _serving.InTime();

        Assert.Equal(["taken"], _host.Contents);
    }

    [Fact]
    public async Task A_host_that_takes_the_call_and_never_answers_does_not_keep_anybody_waiting()
    {
        // Accepts connections and leaves them alone.
        await using var silent = await _vsock.ListenAsync(Ports.LogCollector, Cancel);
        var hung = silent.AcceptAsync(Cancel).AsTask();
        Send("<13>a call that hangs");
        await using var call = await hung.InTime();

        for (var i = 0; i < 5_000; i++)
        {
            Send($"<13>record {i} {new string('x', 40)}");
        }

        await _stop.CancelAsync();
        await _serving.InTime();
    }

    /// <summary>As syslog(3) does: it waits while the socket's queue is full, and for nothing else.</summary>
    private void Send(string datagram) => _program.Send(Encoding.UTF8.GetBytes(datagram));

    /// <summary>Gives one record and breaks.</summary>
    private sealed class BrokenSource(FdHandle ready, Spool spool) : ILogSource
    {
        public FdHandle Handle => ready;

        public bool ReadSome()
        {
            SpoolTests.Add(spool, LogKind.User, "the last one");
            throw new IOException("The source is broken.");
        }
    }
}

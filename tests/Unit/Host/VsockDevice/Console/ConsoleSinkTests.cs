using System.Net.Sockets;
using System.Text;
using VmTools.Host.LogStore;
using VmTools.Host.VsockDevice.Console;
using VmTools.Linux.Loop;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.VsockDevice.Console;

public sealed class ConsoleSinkTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly EventLoop _loop = new(TimeProvider.System);
    private readonly ConsoleSink _sink;

    public ConsoleSinkTests() =>
        _sink = new ConsoleSink(
            _directory.File("console"), new ConsoleLog(new VmLogPaths(_directory.Path), 33, TimeProvider.System), _loop);

    private IEnumerable<string> Log =>
        new LogHistory(LogSource.Console, _directory.File("console.log"), TimeZoneInfo.Utc).Read()
            .Select(record => Encoding.UTF8.GetString(record.Line.Content.Span));

    [Fact]
    public void What_the_console_says_is_in_the_file()
    {
        using var console = Connect();
        console.Send("booting\n"u8);
        Settle();

        Assert.Equal(["booting"], Log);
    }

    [Fact]
    public void The_last_words_are_kept_when_the_device_ends()
    {
        using var console = Connect();
        Settle();
        console.Send("panic"u8);

        _sink.Dispose();

        Assert.Equal(["panic"], Log);
        Assert.False(File.Exists(_directory.File("console")));
    }

    [Fact]
    public void A_console_that_comes_back_is_taken_again()
    {
        using (var first = Connect())
        {
            first.Send("one "u8);
            Settle();
        }

        Settle();
        using var second = Connect();
        second.Send("two"u8);
        Settle();

        _sink.Dispose();
        Assert.Equal(["one two"], Log);
    }

    [Fact]
    public void A_flood_of_bytes_ends_at_the_limits_and_says_what_is_missing()
    {
        using var console = Connect();
        for (var i = 0; i < 20 * 16; i++)
        {
            console.Send(new byte[65536]);
            Settle();
        }

        _sink.Dispose();
        Assert.InRange(Directory.GetFiles(_directory.Path).Sum(file => new FileInfo(file).Length), 1, ConsoleLog.Burst + (1 << 20));
        Assert.Contains("bytes of the console dropped", Log.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_prompt_without_an_end_is_told_after_a_moment_of_silence_and_then_nothing_wakes_up()
    {
        using var console = Connect();
        console.Send("login: "u8);
        Settle();
        Assert.Empty(Log);

        // A signal to the thread, as the runtime sends one to collect garbage, ends a turn early.
        for (var turns = 0; !Log.Any() && turns < 1000; turns++)
        {
            _loop.Turn(TimeSpan.FromSeconds(20));
        }

        Assert.Equal(["login: "], Log);
        Assert.False(_loop.Turn(TimeSpan.FromSeconds(1.5)));
    }

    public void Dispose()
    {
        _sink.Dispose();
        _loop.Dispose();
        _directory.Dispose();
    }

    private Socket Connect()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(_directory.File("console")));
        return socket;
    }

    private void Settle()
    {
        while (_loop.Turn(TimeSpan.Zero))
        {
        }
    }
}

using VmTools.Guest.Log;
using VmTools.Guest.Maitred.Supervision;
using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Linux.Sockets;
using VmTools.Unit.Protocol.Fakes;
using Xunit;

namespace VmTools.Unit.Guest.Maitred.Supervision;

/// <summary>Programs that log wait for nobody for long, whatever becomes of the log's reader.</summary>
public sealed class LogSocketGuardTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private readonly FdHandle _socket;
    private readonly FdHandle _program;
    private readonly (FdHandle Read, FdHandle Write) _log = Pipe.Create();
    private volatile bool _hasReader;

    public LogSocketGuardTests()
    {
        _socket = UnixSocket.BindDatagram(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        UnixSocket.TryConnectDatagram(Path, out var program);
        _program = program!;
    }

    private string Path => _scratch.PathOf("log");

    public void Dispose()
    {
        _program.Dispose();
        _socket.Dispose();
        _log.Read.Dispose();
        _log.Write.Dispose();
        _scratch.Dispose();
    }

    [Fact]
    public async Task A_full_socket_without_a_reader_is_emptied()
    {
        await using var guard = Guard();
        Fill();

        await Waiting.UntilAsync(() => Send() == Errno.None);
    }

    [Fact]
    public async Task What_was_lost_is_told_when_there_is_a_reader_again()
    {
        await using var guard = Guard();
        var sent = Fill();
        await Waiting.UntilAsync(() => Send() == Errno.None);

        _hasReader = true;

        Assert.Contains($"{sent} messages to /dev/log are lost", await Task.Run(ReadLog).InTime(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_socket_that_is_not_full_keeps_its_messages_for_the_next_reader()
    {
        await using var guard = Guard();
        Assert.Equal(Errno.None, Send());

        await Task.Delay(LogSocketGuard.Grace * 2, TestContext.Current.CancellationToken);

        Assert.Equal(Errno.None, Fd.TryRead(_socket, new byte[16], out var length));
        Assert.Equal(5, length);
    }

    [Fact]
    public async Task A_reader_that_hangs_is_not_waited_for_either()
    {
        _hasReader = true;
        await using var guard = Guard();
        Fill();

        await Waiting.UntilAsync(() => Send() == Errno.None);
    }

    private LogSocketGuard Guard() =>
        new(_socket, Path, () => _hasReader, TimeProvider.System, KernelLog.To(_log.Write, ""));

    private int Fill()
    {
        var count = 0;
        while (Send() == Errno.None)
        {
            count++;
        }

        return count;
    }

    private Errno Send() => UnixSocket.TrySend(_program, "hello"u8, out _);

    private string ReadLog()
    {
        var bytes = new byte[1024];
        Fd.TryRead(_log.Read, bytes, out var count);
        return System.Text.Encoding.UTF8.GetString(bytes, 0, count);
    }
}

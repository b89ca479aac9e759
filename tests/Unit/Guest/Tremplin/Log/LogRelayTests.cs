using Microsoft.Extensions.Logging.Abstractions;
using VmTools.Guest.Tremplin.Log;
using VmTools.Linux;
using VmTools.Linux.Sockets;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Guest.Tremplin.Log;

/// <summary>The relay with real sockets.</summary>
public sealed class LogRelayTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_place_that_comes_later_is_found_and_a_flood_never_blocks_its_writer()
    {
        var path = _directory.File("log");
        var attempts = 0;
        await using var relay = new LogRelay(
            TestContainers.Name("penguin"),
            () => ++attempts < 2 ? null : UnixSocket.BindDatagramOnce(path, FileModes.AllMayWrite),
            TimeProvider.System,
            NullLogger.Instance);
        relay.Start();
        await Waiting.UntilAsync(() => File.Exists(path));

        Assert.Equal(Errno.None, UnixSocket.TryConnectDatagram(path, out var writer));
        using (writer)
        {
            for (var sent = 0; sent < 5000;)
            {
                if (UnixSocket.TrySend(writer!, "<13>flood"u8, out _) == Errno.None)
                {
                    sent++;
                }
                else
                {
                    await Task.Delay(1, TestContext.Current.CancellationToken);
                }
            }
        }
    }

    [Fact]
    public void A_socket_is_never_made_over_what_is_there()
    {
        var path = _directory.File("log");
        File.WriteAllText(path, "theirs");

        Assert.Throws<LinuxException>(() => UnixSocket.BindDatagramOnce(path, FileModes.AllMayWrite));
        Assert.Equal("theirs", File.ReadAllText(path));
    }
}

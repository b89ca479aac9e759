using Microsoft.Extensions.Logging.Abstractions;
using VmTools.Guest.Vshd.Listening;
using VmTools.Guest.Vshd.Loop;
using VmTools.Guest.Vshd.Sessions;
using VmTools.Linux;
using VmTools.Linux.ProcessControl;
using VmTools.Linux.Sockets;
using Xunit;

namespace VmTools.Unit.Guest.Vshd.Listening;

public sealed class VshdListenerTests
{
    [Fact]
    public async Task A_connection_that_is_not_the_host_s_is_closed_unread()
    {
        var directory = Directory.CreateTempSubdirectory("vmtools-listener").FullName;
        await using var reaper = Reaper.ForChildren();
        await using var loop = new FdLoop("listener test", TimeProvider.System);
        var host = new SessionHost(loop, new SessionPolicy(), reaper, NullLogger.Instance);
        var sessions = new SessionTable(host);
        VshdListener? listener = null;

        // A peer without a vsock address counts as CID 0, which is not the host.
        var socket = UnixSocket.Listen($"{directory}/s", 8, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var running = loop.RunAsync(async () =>
        {
            using (listener = new VshdListener(host, socket, new HostEntrance(sessions, NullLogger.Instance)))
            {
                await listener.RunAsync();
            }
        });
        using var stranger = UnixSocket.Connect($"{directory}/s");

        var closed = await Task.Run(() => Fd.TryRead(stranger, new byte[16], out var count) == Errno.None && count == 0).InTime();

        Assert.True(closed);
        Assert.Equal(0, sessions.Count);
        loop.Post(() => listener!.Stop());
        await running.InTime();
        Directory.Delete(directory, recursive: true);
    }
}

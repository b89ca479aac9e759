using Microsoft.Extensions.Logging.Abstractions;
using VmTools.Guest.Maitred.Api;
using VmTools.Linux;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages;
using VmTools.Unit.Protocol.Fakes;
using Xunit;

namespace VmTools.Unit.Guest.Maitred.Api;

public sealed class HostPortTests
{
    private readonly MemoryVsock _vsock = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_port_whose_server_ends_is_served_again_time_and_again()
    {
        await using var port = await OpenAsync();
        for (uint round = 1; round <= 2; round++)
        {
            Assert.Equal((int)round, await CallAsync(round));
            var broken = _vsock.ListenerOf(Ports.Maitred);

            broken.Break(new LinuxException(Errno.EINVAL, "accept4"));

            await Waiting.UntilAsync(() => _vsock.ListenerOf(Ports.Maitred) != broken);
        }

        Assert.Equal(42, await CallAsync(42));
    }

    [Fact]
    public async Task A_port_that_is_closed_is_not_served_again()
    {
        var port = await OpenAsync();
        var listener = _vsock.ListenerOf(Ports.Maitred);

        await port.DisposeAsync();

        Assert.Same(listener, _vsock.ListenerOf(Ports.Maitred));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => listener.AcceptAsync(Cancel).AsTask());
    }

    private async Task<HostPort> OpenAsync() => await HostPort.OpenAsync(
        _vsock,
        new GrpcServerOptions
        {
            Listener = await _vsock.ListenAsync(Ports.Maitred, Cancel),
            Services = [binder => VmTools.Protocol.Messages.Maitred.BindService(binder, new ScriptedMaitred(ServedMaitred.Echo))],
            AcceptPeer = cid => cid == Cid.Host,
            Logger = NullLogger.Instance,
            Clock = TimeProvider.System,
        },
        Cancel);

    private async Task<int> CallAsync(uint number)
    {
        using var channel = GrpcVsock.OpenChannel(_vsock, new VsockAddress(new Cid(5), Ports.Maitred));
        var client = new VmTools.Protocol.Messages.Maitred.MaitredClient(channel);
        var answer = await client.MountAsync(
            new MountRequest { Permissions = number }, deadline: DateTime.UtcNow.AddSeconds(30), cancellationToken: Cancel);
        return answer.Error;
    }
}

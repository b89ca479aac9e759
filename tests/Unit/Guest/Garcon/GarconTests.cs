using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using VmTools.Guest.Garcon;
using VmTools.Guest.Garcon.Api;
using VmTools.Guest.Garcon.Transport;
using VmTools.Guest.HostCall;
using VmTools.Linux;
using VmTools.Linux.Accounts;
using VmTools.Linux.Sockets;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages;
using VmTools.Protocol.Messages.Container;
using VmTools.Unit.Linux;
using Xunit;
using WireGarcon = VmTools.Protocol.Messages.Container.Garcon;

namespace VmTools.Unit.Guest.Garcon;

/// <summary>garcon between the two sockets that tremplin gives it.</summary>
public sealed class GarconTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string HostSocket => _directory.File("host.sock");

    private string AgentSocket => _directory.File("garcon.sock");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task It_tells_the_host_with_its_token_that_it_is_ready_and_that_it_ends()
    {
        var host = new HostOfContainers();
        await using var server = await ServeAsync(HostSocket, binder => ContainerListener.BindService(binder, host));
        var call = new ContainerListenerCall(new ContainerCarrier(HostSocket, Listen()), "secret", TimeProvider.System);

        Assert.Null(await call.TryTellReadyAsync(Cancel));
        Assert.Null(await call.TryTellShutdownAsync(Cancel));

        Assert.Equal(["ready secret", "shutdown secret"], host.Heard);
    }

    [Fact]
    public async Task A_host_that_refuses_or_is_not_there_is_told_with_its_reason()
    {
        var call = new ContainerListenerCall(new ContainerCarrier(HostSocket, Listen()), "wrong", TimeProvider.System);
        Assert.Contains("ENOENT", await call.TryTellReadyAsync(Cancel), StringComparison.Ordinal);

        await using var server = await ServeAsync(HostSocket, binder => ContainerListener.BindService(binder, new HostOfContainers()));

        Assert.Equal("who is that", await call.TryTellReadyAsync(Cancel));
    }

    [Fact]
    public async Task The_host_hears_who_it_runs_as()
    {
        await using var server = await ServeAgentAsync(new UserEntry("ann", 1000, 1000, "/home/ann", "/bin/sh"));
        var answer = await Client().GetGarconSessionInfoAsync(new GetGarconSessionInfoRequest(), Soon());

        Assert.Equal(
            (GetGarconSessionInfoResponse.Types.Status.Succeeded, "ann", "/home/ann", 0U),
            (answer.Status, answer.ContainerUsername, answer.ContainerHomedir, answer.SftpVsockPort));
    }

    [Fact]
    public async Task It_says_what_it_cannot_do()
    {
        await using var server = await ServeAgentAsync(user: null);
        var client = Client();

        Assert.Equal(
            GetGarconSessionInfoResponse.Types.Status.Failed,
            (await client.GetGarconSessionInfoAsync(new GetGarconSessionInfoRequest(), Soon())).Status);
        var vshd = await client.LaunchVshdAsync(new LaunchVshdRequest { Port = 1 }, Soon());
        Assert.False(vshd.Success);
        Assert.Contains("vsock", vshd.FailureReason, StringComparison.Ordinal);
        var portless = await Assert.ThrowsAsync<RpcException>(async () => await client.LaunchVshdAsync(new LaunchVshdRequest(), Soon()));
        Assert.Equal(StatusCode.InvalidArgument, portless.StatusCode);
        var icons = await Assert.ThrowsAsync<RpcException>(async () => await client.GetIconAsync(new IconRequest(), Soon()));
        Assert.Equal((StatusCode.Unimplemented, "This method is not offered here."), (icons.StatusCode, icons.Status.Detail));
    }

    [Theory]
    [InlineData(true, "--server", "--listen_fd=3", "--token_fd=4")]
    [InlineData(false, "--listen_fd=3", "--token_fd=4")]
    [InlineData(false, "--server", "--listen_fd=3")]
    [InlineData(false, "--server", "--listen_fd=3", "--token_fd=3")]
    [InlineData(false, "--server", "--listen_fd=2", "--token_fd=4")]
    [InlineData(false, "--server", "--listen_fd=3", "--token=secret")]
    [InlineData(false, "--server", "--listen_fd=3", "--token_fd=4", "more")]
    public void It_takes_its_descriptors_and_nothing_else(bool isTaken, params string[] arguments)
    {
        Assert.Equal(isTaken, GarconOptions.TryParse(arguments, out _, out var problem));
        Assert.Equal(isTaken, problem.Length == 0);
    }

    private static CallOptions Soon() => new([], DateTime.UtcNow.AddSeconds(60), Cancel);

    private static async Task<GrpcServer> ServeAsync(string path, Action<ServiceBinderBase> bind) => await GrpcServer.StartAsync(
        new GrpcServerOptions
        {
            Listener = await new ContainerCarrier("", UnixSocket.Listen(path, 8, FileModes.OwnerReadsAndWrites))
                .ListenAsync(Ports.Garcon, Cancel),
            Services = [bind],
            AcceptPeer = static cid => cid == Cid.Host,
            Logger = NullLogger.Instance,
            Clock = TimeProvider.System,
        },
        Cancel);

    private FdHandle Listen() => UnixSocket.Listen(AgentSocket, 8, FileModes.OwnerReadsAndWrites);

    private Task<GrpcServer> ServeAgentAsync(UserEntry? user) =>
        ServeAsync(AgentSocket, binder => WireGarcon.BindService(binder, new GarconService(user)));

    private WireGarcon.GarconClient Client() => new(GrpcVsock.OpenChannel(
        new ContainerCarrier(AgentSocket, FdHandle.Standard(0)), new VsockAddress(Cid.Host, Ports.Garcon)));

    private sealed class HostOfContainers : ContainerListener.ContainerListenerBase
    {
        public List<string> Heard { get; } = [];

        public override Task<EmptyMessage> ContainerReady(ContainerStartupInfo request, ServerCallContext context)
        {
            Heard.Add($"ready {request.Token}");
            return request.Token == "secret"
                ? Task.FromResult(new EmptyMessage())
                : throw new RpcException(new Status(StatusCode.FailedPrecondition, "who is that"));
        }

        public override Task<EmptyMessage> ContainerShutdown(ContainerShutdownInfo request, ServerCallContext context)
        {
            Heard.Add($"shutdown {request.Token}");
            return Task.FromResult(new EmptyMessage());
        }
    }
}

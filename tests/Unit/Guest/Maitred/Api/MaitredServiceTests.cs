using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using VmTools.Guest.Maitred.Api;
using VmTools.Guest.Maitred.Disks;
using VmTools.Guest.Maitred.Network;
using VmTools.Guest.Maitred.Shutdown;
using VmTools.Guest.Maitred.Supervision;
using VmTools.Guest.Maitred.Termina;
using VmTools.Linux.ProcessControl;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages;
using VmTools.Unit.Protocol.Fakes;
using Xunit;
using Timestamp = Google.Protobuf.WellKnownTypes.Timestamp;

namespace VmTools.Unit.Guest.Maitred.Api;

/// <summary>The service as the host sees it, on a vsock without machines. Nothing of the machine is touched.</summary>
public sealed class MaitredServiceTests : IAsyncDisposable
{
    private readonly MemoryVsock _vsock = new();
    private readonly Reaper _reaper = Reaper.ForChildren();
    private readonly Supervisor _supervisor;
    private readonly StartTermina _termina;
    private readonly MaitredService _service;

    public MaitredServiceTests()
    {
        _supervisor = new Supervisor(_reaper, new Dictionary<string, string>(), _ => { }, TimeProvider.System, NullLogger.Instance);
        var disks = new MountVolume(_supervisor, Task.CompletedTask, NullLogger.Instance);
        _termina = new StartTermina(_supervisor, disks, Task.CompletedTask, NullLogger.Instance);
        _service = new MaitredService(
            new ConfigureNetwork(Task.CompletedTask),
            new SetResolvConfig("/no/such/directory/resolv.conf", NullLogger.Instance),
            new LaunchProcess(_supervisor),
            disks,
            _termina,
            new ShutDownElsewhere());
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        _termina.Dispose();
        await _supervisor.DisposeAsync();
        await _reaper.DisposeAsync();
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 5)]
    [InlineData(long.MaxValue, 0)]
    public async Task A_time_that_no_clock_can_have_is_refused(long seconds, int nanoseconds)
    {
        var time = new Timestamp { Seconds = seconds, Nanos = nanoseconds };

        var refused = await RefusedAsync((maitred, options) => maitred.SetTimeAsync(new SetTimeRequest { Time = time }, options));

        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
    }

    [Fact]
    public async Task A_message_without_a_time_is_refused() =>
        Assert.Equal(
            StatusCode.InvalidArgument,
            (await RefusedAsync((maitred, options) => maitred.SetTimeAsync(new SetTimeRequest(), options))).StatusCode);

    [Fact]
    public async Task A_network_that_the_message_leaves_out_is_refused()
    {
        var refused = await RefusedAsync((maitred, options) => maitred.ConfigureNetworkAsync(new NetworkConfigRequest(), options));

        Assert.Equal((StatusCode.InvalidArgument, "IPv4 address cannot be 0"), (refused.StatusCode, refused.Detail));
    }

    [Fact]
    public async Task How_a_program_ended_is_said_by_the_numbers_of_the_wire()
    {
        var request = new LaunchProcessRequest { Argv = { "/bin/sh", "-c", "exit 3" }, WaitForExit = true };

        var answer = await CallAsync((maitred, options) => maitred.LaunchProcessAsync(request, options));

        Assert.Equal((ProcessStatus.Exited, 3), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task A_program_of_the_VM_is_not_served()
    {
        await using var port = await ServeAsync();

        await Assert.ThrowsAsync<RpcException>(() => AnswerAsync(
            _vsock.As(new Cid(5)), (maitred, options) => maitred.GetKernelVersionAsync(new EmptyMessage(), options)));
    }

    private async Task<Status> RefusedAsync<T>(
        Func<VmTools.Protocol.Messages.Maitred.MaitredClient, CallOptions, AsyncUnaryCall<T>> call) =>
        (await Assert.ThrowsAsync<RpcException>(() => CallAsync(call))).Status;

    private async Task<T> CallAsync<T>(Func<VmTools.Protocol.Messages.Maitred.MaitredClient, CallOptions, AsyncUnaryCall<T>> call)
    {
        await using var port = await ServeAsync();
        return await AnswerAsync(_vsock, call);
    }

    private async Task<HostPort> ServeAsync()
    {
        var listener = await _vsock.ListenAsync(Ports.Maitred, Cancel);
        return await HostPort.OpenAsync(
            _vsock, _service.OptionsFor(listener, static () => { }, TimeProvider.System, NullLogger.Instance), Cancel);
    }

    private static async Task<T> AnswerAsync<T>(
        MemoryVsock caller, Func<VmTools.Protocol.Messages.Maitred.MaitredClient, CallOptions, AsyncUnaryCall<T>> call)
    {
        using var channel = GrpcVsock.OpenChannel(caller, new VsockAddress(new Cid(5), Ports.Maitred));
        var client = new VmTools.Protocol.Messages.Maitred.MaitredClient(channel);
        return await call(client, new CallOptions(deadline: DateTime.UtcNow.AddSeconds(30), cancellationToken: Cancel));
    }
}

using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using VmTools.Guest.HostCall;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages;
using VmTools.Unit.Protocol.Fakes;
using Xunit;

namespace VmTools.Unit.Guest.HostCall;

/// <summary>How calls to the host end, on a vsock without machines.</summary>
public sealed class HostServiceTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private static readonly OneShotRequest Request = new("/vm_tools.StartupListener/VmReady", default);

    private readonly MemoryVsock _vsock = new();
    private readonly FakeTimeProvider _clock = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_host_that_is_not_there_is_unavailable_with_the_reason()
    {
        var answer = await CallAsync(Cancel);

        Assert.Equal((StatusCode.Unavailable, null), (answer.Status, answer.Message));
        Assert.NotEmpty(answer.Reason);
    }

    [Fact]
    public async Task A_host_that_does_not_answer_in_time_is_given_up()
    {
        await _vsock.ListenAsync(Ports.StartupListener, Cancel);
        var call = CallAsync(Cancel);

        _clock.Advance(Limit);

        Assert.Equal(new HostAnswer<EmptyMessage>(StatusCode.DeadlineExceeded, "no answer within 10 s", null), await call);
    }

    [Fact]
    public async Task A_call_that_is_cancelled_is_no_answer()
    {
        await _vsock.ListenAsync(Ports.StartupListener, Cancel);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var call = CallAsync(stop.Token);

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    private Task<HostAnswer<EmptyMessage>> CallAsync(CancellationToken cancel) =>
        new HostService(_vsock.As(new Cid(5)), Ports.StartupListener, _clock).CallAsync(Request, EmptyMessage.Parser, Limit, cancel);
}

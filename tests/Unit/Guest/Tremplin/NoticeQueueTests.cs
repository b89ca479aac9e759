using System.Collections.Concurrent;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using VmTools.Guest.HostCall;
using VmTools.Guest.Tremplin;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages.Tremplin;
using VmTools.Unit.Protocol.Fakes;
using Xunit;

namespace VmTools.Unit.Guest.Tremplin;

/// <summary>What the host hears, by real calls on a vsock without machines.</summary>
public sealed class NoticeQueueTests
{
    private readonly MemoryVsock _vsock = new();
    private readonly HeardListener _host = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_host_hears_that_it_may_call_and_then_what_happened_in_order()
    {
        await using var server = await ServeAsync();
        await using var notices = New();
        notices.Add(new ContainerNotice(ContainerNoticeKind.Created, "a"));
        notices.Add(new ContainerNotice(ContainerNoticeKind.NotStarted, "a", "no init"));
        notices.Add(new ContainerNotice(ContainerNoticeKind.ShutDown, "b"));

        notices.Start();
        await notices.FlushAsync(TimeSpan.FromSeconds(30)).InTime();

        Assert.Equal(["ready", "Created a ", "Failed a no init", "b"], _host.Heard);
    }

    [Fact]
    public async Task A_host_that_comes_later_hears_all_the_same()
    {
        await using var notices = New();
        notices.Add(new ContainerNotice(ContainerNoticeKind.Deleted, "a"));
        notices.Start();

        await using var server = await ServeAsync();

        await notices.FlushAsync(TimeSpan.FromSeconds(30)).InTime();
        Assert.Equal(["ready", "Deleted a "], _host.Heard);
    }

    private NoticeQueue New() =>
        new(new TremplinListenerCall(_vsock.As(new Cid(5)), TimeProvider.System), TimeProvider.System, NullLogger.Instance);

    private async Task<GrpcServer> ServeAsync() => await GrpcServer.StartAsync(
        new GrpcServerOptions
        {
            Listener = await _vsock.ListenAsync(Ports.TremplinListener, Cancel),
            Services = [binder => TremplinListener.BindService(binder, _host)],
            AcceptPeer = static _ => true,
            Logger = NullLogger.Instance,
            Clock = TimeProvider.System,
        },
        Cancel);

    private sealed class HeardListener : TremplinListener.TremplinListenerBase
    {
        public ConcurrentQueue<string> Heard { get; } = new();

        public override Task<EmptyMessage> TremplinReady(TremplinStartupInfo request, ServerCallContext context) => Hear("ready");

        public override Task<EmptyMessage> UpdateCreateStatus(ContainerCreationProgress request, ServerCallContext context) =>
            Hear($"{request.Status} {request.ContainerName} {request.FailureReason}");

        public override Task<EmptyMessage> UpdateStartStatus(ContainerStartProgress request, ServerCallContext context) =>
            Hear($"{request.Status} {request.ContainerName} {request.FailureReason}");

        public override Task<EmptyMessage> UpdateDeletionStatus(ContainerDeletionProgress request, ServerCallContext context) =>
            Hear($"{request.Status} {request.ContainerName} {request.FailureReason}");

        public override Task<EmptyMessage> ContainerShutdown(ContainerShutdownInfo request, ServerCallContext context) =>
            Hear(request.ContainerName);

        private Task<EmptyMessage> Hear(string what)
        {
            Heard.Enqueue(what);
            return Task.FromResult(new EmptyMessage());
        }
    }
}

using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using VmTools.Host.Concierge.GuestAgent;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages;
using VmTools.Unit.Protocol.Fakes;
using Xunit;

namespace VmTools.Unit.Host.Concierge.GuestAgent;

/// <summary>What the daemon makes of a guest's answers, honest and hostile, over real gRPC.</summary>
public sealed class MaitredGuestTests
{
    private static readonly GuestMount Stateful = new("/dev/vdb", "/mnt/stateful", "ext4");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_mount_that_worked_is_silent()
    {
        MountRequest? seen = null;
        await using var served = await ServeAsync((request, _) =>
        {
            seen = request;
            return Task.FromResult(new MountResponse());
        });

        await served.Guest.MountAsync(Stateful with { Flags = 1, Options = "discard" }, Cancel);

        Assert.Equal(
            ("/dev/vdb", "/mnt/stateful", "ext4", 1ul, "discard"), (seen!.Source, seen.Target, seen.Fstype, seen.Mountflags, seen.Options));
    }

    [Fact]
    public async Task An_errno_of_a_mount_becomes_a_sentence_with_disk_target_and_reason()
    {
        await using var served = await ServeAsync((_, _) => Task.FromResult(new MountResponse { Error = 22 }));

        var error = await Assert.ThrowsAsync<VmToolsException>(() => served.Guest.MountAsync(Stateful, Cancel));

        Assert.Equal("The guest could not mount /dev/vdb at /mnt/stateful as ext4 (EINVAL).", error.Message);
    }

    [Fact]
    public async Task A_status_text_of_the_guest_reaches_nobodys_terminal_as_it_is()
    {
        await using var served = await ServeAsync((_, _) =>
            throw new RpcException(new Status(StatusCode.Internal, "\u001b[2Jcleared\u0007 your screen")));

        var error = await Assert.ThrowsAsync<VmToolsException>(() => served.Guest.MountAsync(Stateful, Cancel));

        Assert.Equal("The guest did not mount /dev/vdb (Internal: cleared your screen).", error.Message);
    }

    [Fact]
    public async Task A_guest_that_never_answers_is_given_up_when_the_caller_gives_up()
    {
        using var givesUp = new CancellationTokenSource();
        await using var served = await ServeAsync(async (_, context) =>
        {
            await givesUp.CancelAsync();
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
            return new MountResponse();
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => served.Guest.MountAsync(Stateful, givesUp.Token));
    }

    [Fact]
    public async Task A_method_that_an_older_guest_does_not_have_is_told_by_name()
    {
        await using var served = await ServeAsync((_, _) => Task.FromResult(new MountResponse()));

        var error = await Assert.ThrowsAsync<VmToolsException>(() => served.Guest.SetTimeAsync(TimeProvider.System.GetUtcNow(), Cancel));

        Assert.Contains("did not set its clock (Unimplemented", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_guest_that_nobody_reaches_is_told_as_unavailable()
    {
        await using var guest = new MaitredGuest(
            GrpcVsock.OpenChannel(new MemoryVsock(), new VsockAddress(new Cid(5), Ports.Maitred)), TimeProvider.System);

        var error = await Assert.ThrowsAsync<VmToolsException>(() => guest.ShutdownAsync(Cancel));

        Assert.Equal(ErrorKind.Unavailable, error.Kind);
    }

    private static async Task<Served> ServeAsync(Func<MountRequest, ServerCallContext, Task<MountResponse>> mount)
    {
        var vsock = new MemoryVsock();
        var server = await GrpcServer.StartAsync(
            new GrpcServerOptions
            {
                Listener = await vsock.ListenAsync(Ports.Maitred, Cancel),
                Services = [binder => Maitred.BindService(binder, new ScriptedMaitred(mount))],
                AcceptPeer = static _ => true,
                Logger = NullLogger.Instance,
                Clock = TimeProvider.System,
            },
            Cancel);
        return new Served(
            server, new MaitredGuest(GrpcVsock.OpenChannel(vsock, new VsockAddress(new Cid(5), Ports.Maitred)), TimeProvider.System));
    }

    private sealed record Served(GrpcServer Server, MaitredGuest Guest) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Guest.DisposeAsync();
            await Server.DisposeAsync();
        }
    }
}

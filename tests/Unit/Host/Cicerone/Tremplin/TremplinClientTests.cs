using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using VmTools.Host.Cicerone.Tremplin;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Containers;
using VmTools.Protocol.Messages.Tremplin;
using VmTools.Protocol.Vsock;
using Xunit;

namespace VmTools.Unit.Host.Cicerone.Tremplin;

/// <summary>Calls to a container host that answers, refuses, is not there, hangs, goes away and comes back, over real gRPC.</summary>
public sealed class TremplinClientTests : IAsyncDisposable
{
    private static readonly CreateContainerRequest Penguin = new() { ContainerName = "penguin" };

    private readonly ContainerBench _bench = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task A_vm_without_a_container_host_is_told_as_that_and_what_to_do()
    {
        var error = await FailAsync();

        Assert.Equal(ErrorKind.Unavailable, error.Kind);
        Assert.StartsWith(
            "The guest did not create container 'penguin'. No container host runs in it. 'vmc container create' starts one", error.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_is_quoted_without_what_could_drive_a_terminal()
    {
        await _bench.StartTremplinAsync();
        _bench.Tremplin.Refusal = new RpcException(new Status(StatusCode.Internal, "\u001b[2Jdisk\u0007 full" + new string('x', 5000)));

        var error = await FailAsync();

        Assert.StartsWith("The guest did not create container 'penguin' (Internal: disk full", error.Message, StringComparison.Ordinal);
        Assert.True(error.Message.Length < 400);
    }

    [Fact]
    public async Task A_vm_that_stops_while_a_call_is_under_way_ends_the_call()
    {
        await _bench.StartTremplinAsync();
        _bench.Tremplin.MayAnswer = new TaskCompletionSource().Task;
        var call = FailAsync();
        await Waiting.UntilAsync(() => _bench.Tremplin.Seen.Count == 1);

        await _bench.EndTremplinAsync();

        Assert.NotEqual(ErrorKind.DeadlineExceeded, (await call).Kind);
    }

    [Fact]
    public async Task A_container_host_that_comes_back_is_called_as_before()
    {
        await _bench.StartTremplinAsync();
        await CreateAsync();
        await _bench.EndTremplinAsync();
        await FailAsync();

        await _bench.StartTremplinAsync();

        Assert.Equal(CreateContainerResponse.Types.Status.Creating, (await CreateAsync()).Status);
    }

    [Fact]
    public async Task A_caller_who_gives_up_is_not_kept()
    {
        await _bench.StartTremplinAsync();
        _bench.Tremplin.MayAnswer = new TaskCompletionSource().Task;
        using var givesUp = new CancellationTokenSource();
        using var tremplin = _bench.Tremplins.Connect(ContainerBench.Dev.Cid);
        var call = tremplin.CreateAsync(Penguin, givesUp.Token);
        await Waiting.UntilAsync(() => _bench.Tremplin.Seen.Count == 1);

        await givesUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    [Fact]
    public async Task A_connection_that_is_not_taken_is_given_up_in_seconds()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var silent = new SilentCarrier();
        using var tremplin = new TremplinConnector(silent, clock).Connect(ContainerBench.Dev.Cid);
        var call = Assert.ThrowsAsync<VmToolsException>(() => tremplin.CreateAsync(Penguin, Cancel));
        await silent.Dialled;

        clock.Advance(TremplinConnector.Limit + TimeSpan.FromSeconds(1));

        Assert.Equal(
            "The guest did not create container 'penguin'. It took no connection to its vsock port 8890 within 5 seconds.",
            (await call).Message);
    }

    [Fact]
    public async Task Of_a_list_only_what_can_be_containers_is_taken_with_texts_that_are_safe()
    {
        await _bench.StartTremplinAsync();
        var good = new ContainerSummary
        {
            Name = "penguin",
            State = ContainerState.Running,
            Ipv4Address = 0x025d7364,
            Username = "me\u001b[31m",
            OsPrettyName = new string('x', 100_000),
            ImageId = "one\ntwo",
        };
        _bench.Tremplin.List = new ListContainersResponse
        {
            Containers =
            {
                good, good.Clone().With("../etc"), good.Clone().With(""), new ContainerSummary { Name = "odd", State = (ContainerState)77 },
            },
        };

        using var tremplin = _bench.Tremplins.Connect(ContainerBench.Dev.Cid);
        var listed = Assert.Single(await tremplin.ListAsync(Cancel));

        Assert.Equal(("penguin", "100.115.93.2", "me"), (listed.Name.Value, listed.Address, listed.User));
        Assert.Equal(256, listed.Os.Length);
        Assert.DoesNotContain('\n', listed.Image);
    }

    private async Task<CreateContainerResponse> CreateAsync()
    {
        using var tremplin = _bench.Tremplins.Connect(ContainerBench.Dev.Cid);
        return await tremplin.CreateAsync(Penguin, Cancel);
    }

    private Task<VmToolsException> FailAsync() => Assert.ThrowsAsync<VmToolsException>(CreateAsync);

    /// <summary>Connections on it are neither taken nor refused.</summary>
    private sealed class SilentCarrier : IVsockCarrier
    {
        private readonly TaskCompletionSource _dialled = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Dialled => _dialled.Task;

        public ValueTask<IVsockListener> ListenAsync(VsockPort port, CancellationToken cancel) => throw new NotSupportedException();

        public async ValueTask<VsockStream> ConnectAsync(VsockAddress peer, CancellationToken cancel)
        {
            _dialled.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancel);
            throw new InvalidOperationException();
        }
    }
}

/// <summary>Entries that differ by their names.</summary>
internal static class SummaryNames
{
    public static ContainerSummary With(this ContainerSummary summary, string name)
    {
        summary.Name = name;
        return summary;
    }
}

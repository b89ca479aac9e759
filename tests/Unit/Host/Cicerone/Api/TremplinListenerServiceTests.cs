using Google.Protobuf;
using Grpc.Core;
using VmTools.Host.Cicerone.Containers;
using VmTools.Protocol.Messages.Cicerone;
using VmTools.Protocol.Messages.Containers;
using VmTools.Protocol.Messages.Tremplin;
using Xunit;
using ContainerState = VmTools.Host.Cicerone.Containers.ContainerState;
using WireState = VmTools.Protocol.Messages.Containers.ContainerState;

namespace VmTools.Unit.Host.Cicerone.Api;

/// <summary>What guests tell of their containers, honest ones and others: what is kept of it, and what the bus hears.</summary>
public sealed class TremplinListenerServiceTests : IAsyncDisposable
{
    private static readonly ContainerName Penguin = ContainerBench.Name("penguin");

    private readonly ContainerBench _bench = new();

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task The_life_of_a_container_is_the_tables_and_the_buss()
    {
        var guest = await _bench.GuestAsync();
        await guest.UpdateCreateStatusAsync(Creation(ContainerCreationProgress.Types.Status.Created), ContainerBench.Soon());
        Assert.Equal(ContainerState.Stopped, State());

        await guest.UpdateStartStatusAsync(Start(ContainerStartProgress.Types.Status.Starting), ContainerBench.Soon());
        Assert.Equal(ContainerState.Starting, State());
        await guest.UpdateStartStatusAsync(Start(ContainerStartProgress.Types.Status.Started), ContainerBench.Soon());
        Assert.Equal(ContainerState.Running, State());

        await guest.UpdateStopStatusAsync(Stop(ContainerStopProgress.Types.Status.Stopping), ContainerBench.Soon());
        await guest.UpdateStopStatusAsync(Stop(ContainerStopProgress.Types.Status.Stopped), ContainerBench.Soon());
        Assert.Equal(ContainerState.Stopped, State());
        await guest.UpdateDeletionStatusAsync(
            new ContainerDeletionProgress { Status = ContainerDeletionProgress.Types.Status.Deleted, ContainerName = "penguin" },
            ContainerBench.Soon());
        Assert.Null(State());

        Assert.Equal(
            [
                "LxdContainerCreated", "LxdContainerStarting", "LxdContainerStarting", "LxdContainerStopping", "LxdContainerStopping",
                "LxdContainerDeleted",
            ],
            _bench.Signals.Select(signal => signal.Member));
        Assert.Equal(
            new LxdContainerStartingSignal
            {
                VmName = "dev",
                OwnerId = ContainerBench.Owner,
                ContainerName = "penguin",
                Status = LxdContainerStartingSignal.Types.Status.Started,
            },
            _bench.Signals[2].Message);
    }

    [Fact]
    public async Task A_container_that_ends_by_itself_is_told_of_and_runs_no_longer()
    {
        _bench.Containers.Set(ContainerBench.Dev.Id, Penguin, ContainerState.Running);

        await (await _bench.GuestAsync()).ContainerShutdownAsync(
            new ContainerShutdownInfo { ContainerName = "penguin" }, ContainerBench.Soon());

        Assert.Equal(ContainerState.Stopped, State());
        var shutdown = Assert.IsType<ContainerShutdownSignal>(Assert.Single(_bench.Signals).Message);
        Assert.Equal(("dev", "penguin", ContainerBench.Owner), (shutdown.VmName, shutdown.ContainerName, shutdown.OwnerId));
    }

    [Fact]
    public async Task Failures_carry_their_reasons_and_leave_the_state_that_is_true()
    {
        var guest = await _bench.GuestAsync();
        await guest.UpdateCreateStatusAsync(Creation(ContainerCreationProgress.Types.Status.Failed), ContainerBench.Soon());
        Assert.Null(State());
        await guest.UpdateStartStatusAsync(Start(ContainerStartProgress.Types.Status.Failed), ContainerBench.Soon());
        Assert.Equal(ContainerState.Stopped, State());
        await guest.UpdateStopStatusAsync(Stop(ContainerStopProgress.Types.Status.Failed), ContainerBench.Soon());
        Assert.Equal(ContainerState.Running, State());

        Assert.Equal(
            ["init ended with 1\nlast line", "init ended with 1\nlast line", "init ended with 1\nlast line"],
            _bench.Signals.Select(signal => ReasonIn(signal.Message)));
    }

    [Fact]
    public async Task Progress_of_the_engine_and_of_downloads_is_passed_on()
    {
        var guest = await _bench.GuestAsync();
        await guest.UpdateStartLxdStatusAsync(
            new StartLxdProgress { Status = StartLxdProgress.Types.Status.Started }, ContainerBench.Soon());
        await guest.UpdateCreateStatusAsync(
            new ContainerCreationProgress
            {
                Status = ContainerCreationProgress.Types.Status.Downloading,
                ContainerName = "penguin",
                DownloadProgress = 4711,
            },
            ContainerBench.Soon());

        Assert.Equal(["StartLxdProgress", "LxdContainerDownloading"], _bench.Signals.Select(signal => signal.Member));
        Assert.Equal(100, ((LxdContainerDownloadingSignal)_bench.Signals[1].Message).DownloadProgress);
    }

    [Fact]
    public async Task A_container_host_that_comes_up_is_asked_for_its_containers_before_the_bus_hears_of_it()
    {
        await _bench.StartTremplinAsync();
        _bench.Containers.Set(ContainerBench.Dev.Id, ContainerBench.Name("was-killed"), ContainerState.Running);
        _bench.Tremplin.List = new ListContainersResponse
        {
            Containers = { new ContainerSummary { Name = "penguin", State = WireState.Running, OsPrettyName = "Debian" } },
        };

        await (await _bench.GuestAsync()).TremplinReadyAsync(new TremplinStartupInfo(), ContainerBench.Soon());

        Assert.Equal(ContainerState.Running, State());
        Assert.Equal(["ContainerShutdown", "TremplinStarted"], _bench.Signals.Select(signal => signal.Member));
        Assert.Equal(
            new TremplinStartedSignal { VmName = "dev", OwnerId = ContainerBench.Owner }, _bench.Signals[1].Message);
    }

    [Fact]
    public async Task A_container_host_that_gives_no_list_has_started_all_the_same()
    {
        await (await _bench.GuestAsync()).TremplinReadyAsync(new TremplinStartupInfo(), ContainerBench.Soon());

        Assert.Equal("TremplinStarted", Assert.Single(_bench.Signals).Member);
    }

    [Fact]
    public async Task A_vm_that_ends_ends_its_containers()
    {
        _bench.Containers.Set(ContainerBench.Dev.Id, Penguin, ContainerState.Running);
        _bench.Containers.Set(ContainerBench.Dev.Id, ContainerBench.Name("idle"), ContainerState.Stopped);

        _bench.Vms.Stopped(ContainerBench.Dev.Id);

        Assert.Equal("penguin", ((ContainerShutdownSignal)Assert.Single(_bench.Signals).Message).ContainerName);
        Assert.Null(State());
        await RefusedAsync(StatusCode.FailedPrecondition, Start(ContainerStartProgress.Types.Status.Started));
    }

    [Theory]
    [InlineData("")]
    [InlineData("../../etc/passwd")]
    [InlineData("penguin\u001b[2J")]
    [InlineData("PENGUIN")]
    public async Task A_name_that_no_container_can_have_is_refused(string name)
    {
        var progress = Start(ContainerStartProgress.Types.Status.Started);
        progress.ContainerName = name;

        await RefusedAsync(StatusCode.InvalidArgument, progress);

        Assert.Empty(_bench.Signals);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(77)]
    [InlineData(-1)]
    public async Task A_status_that_there_is_not_is_refused(int status)
    {
        await RefusedAsync(StatusCode.InvalidArgument, Start((ContainerStartProgress.Types.Status)status));

        Assert.Empty(_bench.Signals);
        Assert.Null(State());
    }

    [Fact]
    public async Task A_guest_of_no_known_vm_is_not_heard() =>
        await RefusedAsync(StatusCode.FailedPrecondition, Start(ContainerStartProgress.Types.Status.Started), cid: 41);

    [Fact]
    public async Task A_reason_is_short_and_does_nothing_to_a_terminal()
    {
        var progress = Start(ContainerStartProgress.Types.Status.Failed);
        progress.FailureReason = "\u001b[31mred\u0007\n" + string.Concat(Enumerable.Repeat(new string('x', 600) + "\n", 60));

        await (await _bench.GuestAsync()).UpdateStartStatusAsync(progress, ContainerBench.Soon());

        var reason = ReasonIn(_bench.Signals[0].Message);
        Assert.StartsWith("red\nxxx", reason, StringComparison.Ordinal);
        Assert.True(reason.Length <= 16_100, $"{reason.Length}");
        Assert.DoesNotContain('\u001b', reason);
    }

    [Fact]
    public async Task A_message_that_is_far_too_long_is_not_read()
    {
        var progress = Start(ContainerStartProgress.Types.Status.Failed);
        progress.FailureReason = new string('x', 100_000);

        await RefusedAsync(StatusCode.ResourceExhausted, progress);
    }

    [Fact]
    public async Task A_vm_that_floods_the_bus_gets_its_share_and_again_later()
    {
        var guest = await _bench.GuestAsync();
        for (var number = 0; number < ContainerBench.NewsBurst; number++)
        {
            await guest.UpdateStartStatusAsync(Start(ContainerStartProgress.Types.Status.Starting), ContainerBench.Soon());
        }

        await RefusedAsync(StatusCode.ResourceExhausted, Start(ContainerStartProgress.Types.Status.Starting));
        _bench.Clock.Advance(TimeSpan.FromSeconds(2));
        await guest.UpdateStartStatusAsync(Start(ContainerStartProgress.Types.Status.Started), ContainerBench.Soon());

        Assert.Equal(ContainerBench.NewsBurst + 1, _bench.Signals.Count);
    }

    private static ContainerCreationProgress Creation(ContainerCreationProgress.Types.Status status) =>
        new() { Status = status, ContainerName = "penguin", FailureReason = "init ended with 1\nlast line" };

    private static ContainerStartProgress Start(ContainerStartProgress.Types.Status status) => new()
    {
        Status = status,
        ContainerName = "penguin",
        FailureReason = status == ContainerStartProgress.Types.Status.Failed ? "init ended with 1\nlast line" : "",
    };

    private static ContainerStopProgress Stop(ContainerStopProgress.Types.Status status) =>
        new() { Status = status, ContainerName = "penguin", FailureReason = "init ended with 1\nlast line" };

    private static string ReasonIn(IMessage message) =>
        (string)message.Descriptor.FindFieldByName("failure_reason").Accessor.GetValue(message);

    private ContainerState? State() => _bench.Containers.Find(ContainerBench.Dev.Id, Penguin)?.State;

    private async Task RefusedAsync(StatusCode code, ContainerStartProgress progress, uint cid = 40)
    {
        var guest = await _bench.GuestAsync(cid);

        var refused = await Assert.ThrowsAsync<RpcException>(async () =>
            await guest.UpdateStartStatusAsync(progress, ContainerBench.Soon()));

        Assert.Equal(code, refused.StatusCode);
    }
}

using Google.Protobuf;
using Grpc.Core;
using VmTools.Host.Cicerone.Containers;
using VmTools.Host.Vms;
using VmTools.Protocol.Messages.Cicerone;
using VmTools.Protocol.Messages.Tremplin;
using Xunit;
using LxdRequest = VmTools.Protocol.Messages.Cicerone.StartLxdRequest;
using LxdResponse = VmTools.Protocol.Messages.Cicerone.StartLxdResponse;

namespace VmTools.Unit.Host.Cicerone.Api;

/// <summary>The methods about containers on a real bus, in front of a container host that the test scripts.</summary>
public sealed class ContainerMethodsTests : IAsyncLifetime
{
    private static readonly ContainerName Penguin = ContainerBench.Name("penguin");

    private readonly ContainerBus _bus = new();

    private ContainerBench Bench => _bus.Bench;

    public ValueTask InitializeAsync() => _bus.InitializeAsync();

    public ValueTask DisposeAsync() => _bus.DisposeAsync();

    [Theory]
    [InlineData(CreateContainerResponse.Types.Status.Creating, CreateLxdContainerResponse.Types.Status.Creating)]
    [InlineData(CreateContainerResponse.Types.Status.Exists, CreateLxdContainerResponse.Types.Status.Exists)]
    [InlineData(CreateContainerResponse.Types.Status.Failed, CreateLxdContainerResponse.Types.Status.Failed)]
    [InlineData(CreateContainerResponse.Types.Status.Unknown, CreateLxdContainerResponse.Types.Status.Failed)]
    [InlineData((CreateContainerResponse.Types.Status)99, CreateLxdContainerResponse.Types.Status.Failed)]
    public async Task A_creation_answers_as_the_guest_does(
        CreateContainerResponse.Types.Status guest, CreateLxdContainerResponse.Types.Status told)
    {
        Bench.Tremplin.Create = new CreateContainerResponse { Status = guest, FailureReason = "\u0007why" };

        var answer = await _bus.CreateAsync(new CreateLxdContainerRequest
        {
            VmName = "dev",
            OwnerId = ContainerBench.Owner,
            ImageServer = "server",
            ImageAlias = "alias",
            RootfsPath = "rootfs",
            MetadataPath = "metadata",
        });

        Assert.Equal((told, "why"), (answer.Status, answer.FailureReason));
        Assert.Equal(
            new CreateContainerRequest
            {
                ContainerName = "penguin",
                ImageServer = "server",
                ImageAlias = "alias",
                RootfsPath = "rootfs",
                MetadataPath = "metadata",
            },
            Assert.Single(Bench.Tremplin.Seen));
    }

    [Theory]
    [InlineData(StartContainerResponse.Types.Status.Started, StartLxdContainerResponse.Types.Status.Started, "Running")]
    [InlineData(StartContainerResponse.Types.Status.Running, StartLxdContainerResponse.Types.Status.Running, "Running")]
    [InlineData(StartContainerResponse.Types.Status.Starting, StartLxdContainerResponse.Types.Status.Starting, "Starting")]
    [InlineData(StartContainerResponse.Types.Status.Remapping, StartLxdContainerResponse.Types.Status.Remapping, "Starting")]
    [InlineData(StartContainerResponse.Types.Status.Failed, StartLxdContainerResponse.Types.Status.Failed, "Stopped")]
    [InlineData(StartContainerResponse.Types.Status.Unknown, StartLxdContainerResponse.Types.Status.Failed, "Stopped")]
    public async Task A_start_answers_as_the_guest_does_and_brings_a_secret(
        StartContainerResponse.Types.Status guest, StartLxdContainerResponse.Types.Status told, string state)
    {
        Bench.Tremplin.Start = new StartContainerResponse { Status = guest };

        var answer = await _bus.StartAsync();

        Assert.Equal((told, state), (answer.Status, State()?.ToString()));
        var request = Assert.IsType<StartContainerRequest>(Assert.Single(Bench.Tremplin.Seen));
        Assert.Equal("penguin", request.ContainerName);
        Assert.Matches("^[0-9a-f]{32}$", request.Token);
    }

    [Fact]
    public async Task A_privilege_level_that_there_is_not_is_refused_before_the_guest_is_asked()
    {
        var answer = await _bus.CallAsync(
            "StartLxdContainer",
            new StartLxdContainerRequest
            {
                VmName = "dev",
                OwnerId = ContainerBench.Owner,
                PrivilegeLevel = (StartLxdContainerRequest.Types.PrivilegeLevel)9,
            },
            StartLxdContainerResponse.Parser);

        Assert.Equal(StartLxdContainerResponse.Types.Status.Unknown, answer.Status);
        Assert.Contains(" 9 ", answer.FailureReason, StringComparison.Ordinal);
        Assert.Empty(Bench.Tremplin.Seen);
    }

    [Theory]
    [InlineData(StopContainerResponse.Types.Status.Stopped, StopLxdContainerResponse.Types.Status.Stopped)]
    [InlineData(StopContainerResponse.Types.Status.Stopping, StopLxdContainerResponse.Types.Status.Stopping)]
    [InlineData(StopContainerResponse.Types.Status.DoesNotExist, StopLxdContainerResponse.Types.Status.DoesNotExist)]
    [InlineData(StopContainerResponse.Types.Status.Failed, StopLxdContainerResponse.Types.Status.Failed)]
    [InlineData(StopContainerResponse.Types.Status.Unknown, StopLxdContainerResponse.Types.Status.Failed)]
    public async Task A_stop_answers_as_the_guest_does(
        StopContainerResponse.Types.Status guest, StopLxdContainerResponse.Types.Status told)
    {
        Bench.Containers.Set(ContainerBench.Dev.Id, Penguin, ContainerState.Running);
        Bench.Tremplin.Stop = new StopContainerResponse { Status = guest };

        Assert.Equal(told, (await _bus.StopAsync("penguin")).Status);
    }

    [Theory]
    [InlineData("penguin")]
    [InlineData("")]
    [InlineData("../x")]
    public async Task A_container_that_does_not_run_is_stopped_without_asking_the_guest(string name)
    {
        Assert.Equal(StopLxdContainerResponse.Types.Status.Stopped, (await _bus.StopAsync(name)).Status);
        Assert.Empty(Bench.Tremplin.Seen);
    }

    [Fact]
    public async Task A_container_that_is_being_started_can_be_stopped()
    {
        Bench.Containers.BeginStart(ContainerBench.Dev.Id, Penguin, "secret");

        Assert.Equal(StopLxdContainerResponse.Types.Status.Stopping, (await _bus.StopAsync("penguin")).Status);
    }

    [Theory]
    [InlineData(DeleteContainerResponse.Types.Status.Deleting, DeleteLxdContainerResponse.Types.Status.Deleting)]
    [InlineData(DeleteContainerResponse.Types.Status.DoesNotExist, DeleteLxdContainerResponse.Types.Status.DoesNotExist)]
    [InlineData(DeleteContainerResponse.Types.Status.Unknown, DeleteLxdContainerResponse.Types.Status.Failed)]
    public async Task A_deletion_answers_as_the_guest_does(
        DeleteContainerResponse.Types.Status guest, DeleteLxdContainerResponse.Types.Status told)
    {
        Bench.Tremplin.Delete = new DeleteContainerResponse { Status = guest };

        Assert.Equal(told, (await _bus.DeleteAsync("penguin")).Status);
    }

    [Fact]
    public async Task A_deletion_names_its_container()
    {
        var answer = await _bus.DeleteAsync("");

        Assert.Equal(DeleteLxdContainerResponse.Types.Status.Failed, answer.Status);
        Assert.Contains("names no container", answer.FailureReason, StringComparison.Ordinal);
        Assert.Empty(Bench.Tremplin.Seen);
    }

    [Fact]
    public async Task Every_method_says_of_a_vm_that_does_not_run_what_the_original_does()
    {
        Assert.Equal(
            ["Failed", "Unknown", "Failed", "Failed", "Failed", "Failed", "Failed"], await StatusesAsync("nobody", "runs"));
        Assert.Empty(Bench.Tremplin.Seen);
    }

    [Fact]
    public async Task Every_method_says_of_a_vm_that_has_no_containers_what_the_original_does()
    {
        Bench.Vms.Started(ContainerBench.Dev with { Type = VmType.Baguette });

        Assert.Equal(["AlreadyRunning", "Exists", "Failed", "Running", "Stopped", "Failed", "Success"], await StatusesAsync("dev", ""));
        Assert.Empty(Bench.Tremplin.Seen);
    }

    [Fact]
    public async Task Every_method_fails_with_a_sentence_where_no_container_host_runs()
    {
        Bench.Containers.Set(ContainerBench.Dev.Id, Penguin, ContainerState.Running);
        await Bench.EndTremplinAsync();

        Assert.Equal(
            ["Failed", "Failed", "Failed", "Failed", "Failed", "Failed", "Failed"],
            await StatusesAsync("dev", "No container host runs in it."));
    }

    [Fact]
    public async Task Every_method_fails_with_the_guests_words_where_it_refuses()
    {
        Bench.Containers.Set(ContainerBench.Dev.Id, Penguin, ContainerState.Running);
        Bench.Tremplin.Refusal = new RpcException(new Status(StatusCode.Internal, "\u001b[2Jbroken"));

        Assert.Equal(
            ["Failed", "Failed", "Failed", "Failed", "Failed", "Failed", "Failed"], await StatusesAsync("dev", "(Internal: broken)"));
    }

    /// <summary>What each method answers; every reason that there is contains the text.</summary>
    private async Task<string[]> StatusesAsync(string vm, string reason)
    {
        var (owner, name) = (ContainerBench.Owner, "penguin");
        IMessage[] answers =
        [
            await _bus.CallAsync("StartLxd", new LxdRequest { VmName = vm, OwnerId = owner }, LxdResponse.Parser),
            await _bus.CreateAsync(new CreateLxdContainerRequest { VmName = vm, OwnerId = owner }),
            await _bus.DeleteAsync(name, vm),
            await _bus.StartAsync(vm),
            await StopRunningAsync(name, vm),
            await _bus.GetUsernameAsync(vm),
            await _bus.SetUpUserAsync(vm),
        ];
        Assert.All(answers, answer => Assert.True(
            ReasonIn(answer).Length == 0 || ReasonIn(answer).Contains(reason, StringComparison.Ordinal), ReasonIn(answer)));
        return [.. answers.Select(answer => answer.Descriptor.FindFieldByName("status").Accessor.GetValue(answer).ToString()!)];
    }

    private static string ReasonIn(IMessage message) =>
        (string)message.Descriptor.FindFieldByName("failure_reason").Accessor.GetValue(message);

    private ContainerState? State() => Bench.Containers.Find(ContainerBench.Dev.Id, Penguin)?.State;

    /// <summary>A start that failed before it has left the container stopped.</summary>
    private Task<StopLxdContainerResponse> StopRunningAsync(string name, string vm)
    {
        if (Bench.Containers.Find(ContainerBench.Dev.Id, Penguin) is not null)
        {
            Bench.Containers.Set(ContainerBench.Dev.Id, Penguin, ContainerState.Running);
        }

        return _bus.StopAsync(name, vm);
    }
}

using Grpc.Core;
using VmTools.Host.Cicerone.Containers;
using VmTools.Protocol.Messages.Cicerone;
using Xunit;
using GarconBase = VmTools.Protocol.Messages.Container.Garcon.GarconBase;
using Messages = VmTools.Protocol.Messages.Container;
using Status = VmTools.Protocol.Messages.Cicerone.GetGarconSessionInfoResponse.Types.Status;

namespace VmTools.Unit.Host.Cicerone.Api;

/// <summary>What clients of the bus ask of a container's agent, and of vsh's sessions.</summary>
public sealed class GarconMethodsTests : IAsyncLifetime
{
    private static readonly ContainerName Penguin = ContainerBench.Name("penguin");

    private readonly ContainerBus _bus = new();

    private ContainerBench Bench => _bus.Bench;

    public async ValueTask InitializeAsync()
    {
        await _bus.InitializeAsync();
        Bench.Containers.BeginStart(ContainerBench.Dev.Id, Penguin, "secret");
        Bench.Containers.Set(ContainerBench.Dev.Id, Penguin, ContainerState.Running);
    }

    public ValueTask DisposeAsync() => _bus.DisposeAsync();

    [Fact]
    public async Task An_agent_that_has_registered_is_asked_and_its_words_are_cleaned()
    {
        Bench.Containers.Register(ContainerBench.Dev.Id, Penguin, isRegistered: true);
        await Bench.StartGarconAsync("penguin", new ScriptedGarcon());

        var answer = await InfoAsync("penguin");

        Assert.Equal((Status.Succeeded, "ann", "/home/ann"), (answer.Status, answer.ContainerUsername, answer.ContainerHomedir));
        var vshd = await LaunchAsync(port: 9);
        Assert.Equal((false, "not here"), (vshd.Success, vshd.FailureReason));
    }

    [Theory]
    [InlineData("penguin")]
    [InlineData("other")]
    [InlineData("No Name")]
    public async Task One_that_has_not_is_not_found(string container)
    {
        var answer = await InfoAsync(container);

        Assert.Equal(Status.NotFound, answer.Status);
        Assert.NotEmpty(answer.FailureReason);
        Assert.False((await LaunchAsync(port: 9)).Success);
    }

    [Fact]
    public async Task One_that_cannot_be_reached_fails_with_a_sentence()
    {
        Bench.Containers.Register(ContainerBench.Dev.Id, Penguin, isRegistered: true);

        var answer = await InfoAsync("penguin");

        Assert.Equal(Status.Failed, answer.Status);
        Assert.NotEmpty(answer.FailureReason);
    }

    [Fact]
    public async Task A_session_of_vsh_is_kept_until_it_or_its_container_ends()
    {
        Assert.True((await RegisterAsync("penguin", 100, 7)).Success);
        Assert.Equal((true, 7), await ShellAsync("penguin", 100));
        Assert.False((await ShellAsync("penguin", 101)).Success);

        Assert.True((await RegisterAsync("penguin", 100, 0)).Success);
        Assert.False((await ShellAsync("penguin", 100)).Success);

        Assert.True((await RegisterAsync("penguin", 100, 8)).Success);
        Bench.Containers.Set(ContainerBench.Dev.Id, Penguin, ContainerState.Stopped);
        Bench.Containers.Set(ContainerBench.Dev.Id, Penguin, ContainerState.Running);
        Assert.False((await ShellAsync("penguin", 100)).Success);
    }

    [Theory]
    [InlineData("other", 100, 7)]
    [InlineData("penguin", 0, 7)]
    [InlineData("penguin", 100, -1)]
    public async Task A_session_that_cannot_be_is_refused(string container, int vsh, int shell)
    {
        var answer = await RegisterAsync(container, vsh, shell);

        Assert.False(answer.Success);
        Assert.NotEmpty(answer.FailureReason);
    }

    private Task<GetGarconSessionInfoResponse> InfoAsync(string container) => _bus.CallAsync(
        "GetGarconSessionInfo",
        new GetGarconSessionInfoRequest { VmName = "dev", OwnerId = ContainerBench.Owner, ContainerName = container },
        GetGarconSessionInfoResponse.Parser);

    private Task<LaunchVshdResponse> LaunchAsync(uint port) => _bus.CallAsync(
        "LaunchVshd",
        new LaunchVshdRequest { VmName = "dev", OwnerId = ContainerBench.Owner, ContainerName = "penguin", Port = port },
        LaunchVshdResponse.Parser);

    private Task<RegisterVshSessionResponse> RegisterAsync(string container, int vsh, int shell) => _bus.CallAsync(
        "RegisterVshSession",
        new RegisterVshSessionRequest
        {
            VmName = "dev",
            OwnerId = ContainerBench.Owner,
            ContainerName = container,
            HostVshPid = vsh,
            ContainerShellPid = shell,
        },
        RegisterVshSessionResponse.Parser);

    private async Task<(bool Success, int Shell)> ShellAsync(string container, int vsh)
    {
        var request = new GetVshSessionRequest
        {
            VmName = "dev",
            OwnerId = ContainerBench.Owner,
            ContainerName = container,
            HostVshPid = vsh,
        };
        var answer = await _bus.CallAsync("GetVshSession", request, GetVshSessionResponse.Parser);
        return (answer.Success, answer.ContainerShellPid);
    }

    private sealed class ScriptedGarcon : GarconBase
    {
        public override Task<Messages.GetGarconSessionInfoResponse> GetGarconSessionInfo(
            Messages.GetGarconSessionInfoRequest request, ServerCallContext context) => Task.FromResult(
            new Messages.GetGarconSessionInfoResponse
            {
                Status = Messages.GetGarconSessionInfoResponse.Types.Status.Succeeded,
                ContainerUsername = "ann\u001b",
                ContainerHomedir = "/home/ann",
            });

        public override Task<Messages.LaunchVshdResponse> LaunchVshd(Messages.LaunchVshdRequest request, ServerCallContext context) =>
            Task.FromResult(new Messages.LaunchVshdResponse { FailureReason = "not here" });
    }
}

using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using VmTools.Guest.HostCall;
using VmTools.Guest.Tremplin.Api;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages.Containers;
using VmTools.Protocol.Messages.Tremplin;
using VmTools.Protocol.Wire;
using VmTools.Unit.Guest.Tremplin.Containers;
using VmTools.Unit.Protocol.Fakes;
using Xunit;
using ContainersClient = VmTools.Protocol.Messages.Containers.Containers.ContainersClient;
using TremplinClient = VmTools.Protocol.Messages.Tremplin.Tremplin.TremplinClient;

namespace VmTools.Unit.Guest.Tremplin.Api;

/// <summary>The services as the host sees them, on a vsock without machines.</summary>
public sealed class TremplinServiceTests : IAsyncLifetime
{
    private static readonly CreateContainerRequest Penguin = new() { ContainerName = "penguin" };

    private readonly TestTable _test = new();
    private readonly MemoryVsock _vsock = new();
    private GrpcServer? _server;
    private int _networkChanges;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var listener = await _vsock.ListenAsync(Ports.Tremplin, Cancel);
        var service = new TremplinService(
            _test.Table, new VmActions(() => _networkChanges++, _ => Task.FromResult("all is well")), _test.Exports);
        _server = await GrpcServer.StartAsync(service.OptionsFor(_test.Beside, listener, TimeProvider.System, NullLogger.Instance), Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await _server!.DisposeAsync();
        _test.Dispose();
    }

    [Fact]
    public async Task A_container_is_made_started_listed_stopped_and_deleted()
    {
        Assert.Equal(
            CreateContainerResponse.Types.Status.Creating, (await CreateAsync(Penguin)).Status);
        await _test.UntilToldAsync(ContainerNoticeKind.Created);
        Assert.Equal(
            CreateContainerResponse.Types.Status.Exists, (await CreateAsync(Penguin)).Status);

        var start = new StartContainerRequest { ContainerName = "penguin" };
        Assert.Equal(StartContainerResponse.Types.Status.Starting, (await StartAsync(start)).Status);
        await _test.UntilToldAsync(ContainerNoticeKind.Started);
        var running = await StartAsync(start);
        Assert.Equal((StartContainerResponse.Types.Status.Running, "Test Linux"), (running.Status, running.OsRelease.PrettyName));

        var user = new SetUpUserRequest { ContainerName = "penguin", ContainerUsername = "ann" };
        var made = await AskAsync((host, options) => host.SetUpUserAsync(user, options));
        Assert.Equal((SetUpUserResponse.Types.Status.Success, "ann"), (made.Status, made.Username));
        var listed = Assert.Single((await ListAsync()).Containers);
        Assert.Equal(
            ("penguin", ContainerState.Running, 0x025D7364u, "ann", "Test Linux", TestContainers.Image.ToString()),
            (listed.Name, listed.State, listed.Ipv4Address, listed.Username, listed.OsPrettyName, listed.ImageId));

        Assert.Equal(StopContainerResponse.Types.Status.Stopping, (await StopAsync("penguin")).Status);
        await _test.UntilToldAsync(ContainerNoticeKind.Stopped);
        Assert.Equal(StopContainerResponse.Types.Status.Stopped, (await StopAsync("penguin")).Status);

        var delete = new DeleteContainerRequest { ContainerName = "penguin" };
        var deleting = await AskAsync((host, options) => host.DeleteContainerAsync(delete, options));
        Assert.Equal(DeleteContainerResponse.Types.Status.Deleting, deleting.Status);
        await _test.UntilToldAsync(ContainerNoticeKind.Deleted);
        Assert.Empty((await ListAsync()).Containers);
    }

    [Fact]
    public async Task A_zone_is_set_in_the_containers_that_take_it_and_the_others_say_why()
    {
        await _test.RunningAsync();
        await _test.MadeAsync("stopped");
        var request = new SetTimezoneRequest
        {
            TimezoneName = "Europe/Berlin", PosixTzString = "CET-1", ContainerNames = { "stopped", "penguin", "nobody", "../x" },
        };

        var answer = await AskAsync((host, options) => host.SetTimezoneAsync(request, options));

        Assert.Equal((1, 3), (answer.Successes, answer.FailureReasons.Count));
        Assert.Equal("CET-1", _test.Runtime.Last!.Zone!.Posix);
        request.TimezoneName = "../../etc/shadow";
        var refused = await Assert.ThrowsAsync<RpcException>(() => AskAsync((host, options) => host.SetTimezoneAsync(request, options)));
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
    }

    [Fact]
    public async Task There_are_no_devices_to_give()
    {
        await _test.MadeAsync();
        var usb = new AttachUsbToContainerRequest { ContainerName = "penguin", PortNum = 1 };
        var attached = await AskAsync((host, options) => host.AttachUsbToContainerAsync(usb, options));
        Assert.Equal(AttachUsbToContainerResponse.Types.Status.Failed, attached.Status);
        usb.ContainerName = "nobody";
        attached = await AskAsync((host, options) => host.AttachUsbToContainerAsync(usb, options));
        Assert.Equal(AttachUsbToContainerResponse.Types.Status.NoSuchContainer, attached.Status);
        var detach = new DetachUsbFromContainerRequest { PortNum = 1 };
        var detached = await AskAsync((host, options) => host.DetachUsbFromContainerAsync(detach, options));
        Assert.Equal(DetachUsbFromContainerResponse.Types.Status.Failed, detached.Status);

        var update = new UpdateContainerDevicesRequest { ContainerName = "penguin" };
        update.Updates["microphone"] = VmDeviceAction.Enable;
        var updated = await AskAsync((host, options) => host.UpdateContainerDevicesAsync(update, options));
        Assert.Equal(UpdateContainerDevicesResponse.Types.UpdateResult.NoSuchVmDevice, updated.Results["microphone"]);
    }

    [Fact]
    public async Task The_virtual_machine_hears_of_another_network_and_describes_itself()
    {
        await AskAsync((host, options) => host.HostNetworkChangedAsync(new HostNetworkChangedRequest(), options));
        var answer = await AskAsync((host, options) => host.GetDebugInfoAsync(new GetDebugInfoRequest(), options));

        Assert.Equal((1, "all is well"), (_networkChanges, answer.DebugInformation));
    }

    [Fact]
    public async Task The_list_has_the_ports_of_what_runs()
    {
        await _test.RunningAsync();
        _test.Runtime.Last!.Listening = [80, 8080];

        Assert.Equal([80u, 8080u], Assert.Single((await ListAsync()).Containers).ListeningTcp4Ports);
        Assert.Equal([80, 8080], _test.Table.ListeningPorts()["penguin"]);
    }

    [Fact]
    public async Task An_image_server_is_refused_with_the_way_out()
    {
        var request = new CreateContainerRequest { ContainerName = "penguin", ImageServer = "https://images.example" };

        var answer = await CreateAsync(request);

        Assert.Equal(
            (
                CreateContainerResponse.Types.Status.Failed,
                "image servers are not offered; name a file by rootfs_path, or leave image_server empty for the stock container"),
            (answer.Status, answer.FailureReason));
    }

    [Fact]
    public async Task A_name_that_none_can_have_is_refused_with_the_rule()
    {
        var answer = await CreateAsync(new CreateContainerRequest { ContainerName = "../x" });

        Assert.Equal(
            (CreateContainerResponse.Types.Status.Failed, ContainerNameRule.Sentence), (answer.Status, answer.FailureReason));
    }

    [Fact]
    public async Task What_is_not_there_is_said_to_be_missing()
    {
        var missing = new GetContainerInfoRequest { ContainerName = "x" };
        var info = await AskAsync((host, options) => host.GetContainerInfoAsync(missing, options));
        var stop = await StopAsync("x");
        var user = await UserAsync("x");
        var start = await StartAsync(new StartContainerRequest { ContainerName = "x" });

        Assert.Equal(GetContainerInfoResponse.Types.Status.NotFound, info.Status);
        Assert.Equal(StopContainerResponse.Types.Status.DoesNotExist, stop.Status);
        Assert.Equal(GetContainerUsernameResponse.Types.Status.ContainerNotFound, user.Status);
        Assert.Equal(
            (StartContainerResponse.Types.Status.Failed, "there is no container x in this VM"), (start.Status, start.FailureReason));
    }

    [Fact]
    public async Task A_container_that_does_not_run_has_no_user_to_be_asked_for()
    {
        await _test.MadeAsync();

        var user = await UserAsync("penguin");

        Assert.Equal(GetContainerUsernameResponse.Types.Status.ContainerNotRunning, user.Status);
    }

    [Fact]
    public async Task A_privileged_container_is_refused()
    {
        await _test.MadeAsync();
        var request = new StartContainerRequest
        {
            ContainerName = "penguin",
            PrivilegeLevel = StartContainerRequest.Types.PrivilegeLevel.Privileged,
        };

        Assert.Equal(
            StartContainerResponse.Types.Status.Failed, (await StartAsync(request)).Status);
    }

    [Fact]
    public async Task A_program_of_the_VM_is_not_served()
    {
        using var channel = GrpcVsock.OpenChannel(_vsock.As(new Cid(5)), new VsockAddress(new Cid(5), Ports.Tremplin));

        await Assert.ThrowsAsync<RpcException>(() => new ContainersClient(channel).ListContainersAsync(new(), Options()).ResponseAsync);
    }

    private async Task<ListContainersResponse> ListAsync()
    {
        using var channel = GrpcVsock.OpenChannel(_vsock, new VsockAddress(new Cid(5), Ports.Tremplin));
        return await new ContainersClient(channel).ListContainersAsync(new ListContainersRequest(), Options());
    }

    private Task<CreateContainerResponse> CreateAsync(CreateContainerRequest request) =>
        AskAsync((host, options) => host.CreateContainerAsync(request, options));

    private Task<StartContainerResponse> StartAsync(StartContainerRequest request) =>
        AskAsync((host, options) => host.StartContainerAsync(request, options));

    private Task<StopContainerResponse> StopAsync(string name) =>
        AskAsync((host, options) => host.StopContainerAsync(new StopContainerRequest { ContainerName = name }, options));

    private Task<GetContainerUsernameResponse> UserAsync(string name) =>
        AskAsync((host, options) => host.GetContainerUsernameAsync(new GetContainerUsernameRequest { ContainerName = name }, options));

    private async Task<T> AskAsync<T>(Func<TremplinClient, CallOptions, AsyncUnaryCall<T>> call)
    {
        using var channel = GrpcVsock.OpenChannel(_vsock, new VsockAddress(new Cid(5), Ports.Tremplin));
        return await call(new TremplinClient(channel), Options());
    }

    private static CallOptions Options() => new(deadline: DateTime.UtcNow.AddSeconds(30), cancellationToken: Cancel);
}

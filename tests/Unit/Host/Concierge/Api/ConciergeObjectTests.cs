using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Concierge.Api;
using VmTools.Host.Concierge.Logs;
using VmTools.Host.Instance;
using VmTools.Linux;
using VmTools.Protocol.Messages.Concierge;
using VmTools.Unit.DBus;
using VmTools.Unit.Host.Concierge.Fakes;
using Xunit;

namespace VmTools.Unit.Host.Concierge.Api;

/// <summary>The daemon's object on a real bus: members, messages, failures, and callers who are not welcome.</summary>
public sealed class ConciergeObjectTests : IAsyncLifetime
{
    private readonly ConciergeBench _bench = new();
    private readonly LogMethods _logs;
    private TestBus? _bus;
    private BusConnection? _server;
    private BusConnection? _client;

    public ConciergeObjectTests() => _logs = new LogMethods(new GetVmLogs(_bench.Directories, _bench.Clock), _bench.Clock);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _bus = await TestBus.StartAsync();
        _server = await _bus.ConnectAsync();
        _client = await _bus.ConnectAsync();
        await _server.ServeAsync(Make(TestBus.OwnUid).Build());
        await _server.RequestNameAsync(ConciergeBus.Name, Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await _bench.DisposeAsync();
        await _logs.DisposeAsync();
        foreach (var part in new IAsyncDisposable?[] { _client, _server, _bus })
        {
            await (part?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
    }

    [Fact]
    public async Task A_vm_is_started_found_listed_and_stopped()
    {
        var started = await StartAsync(new StartVmRequest { Name = "termina", OwnerId = ConciergeBench.Owner });
        var info = await CallAsync(
            "GetVmInfo", new GetVmInfoRequest { Name = "termina", OwnerId = ConciergeBench.Owner }, GetVmInfoResponse.Parser);
        var list = await CallAsync("ListVms", new ListVmsRequest { OwnerId = ConciergeBench.Owner }, ListVmsResponse.Parser);
        var stopped = await CallAsync(
            "StopVm", new StopVmRequest { Name = "termina", OwnerId = ConciergeBench.Owner }, SuccessFailureResponse.Parser);
        var after = await CallAsync(
            "GetVmInfo", new GetVmInfoRequest { Name = "termina", OwnerId = ConciergeBench.Owner }, GetVmInfoResponse.Parser);

        Assert.True(started.Success, started.FailureReason);
        Assert.Equal((VmStatus.Running, 32L), (started.Status, started.VmInfo.Cid));
        Assert.Equal([10, 0, 2, 15], BitConverter.GetBytes(started.VmInfo.Ipv4Address));
        Assert.Equal(started.VmInfo, info.VmInfo);
        Assert.Equal(started.VmInfo, Assert.Single(list.Vms).VmInfo);
        Assert.True(stopped.Success);
        Assert.False(after.Success);
    }

    [Fact]
    public async Task Other_calls_are_answered_while_a_vm_boots()
    {
        _bench.GuestsBoot = false;
        var start = StartAsync(new StartVmRequest { Name = "termina", OwnerId = ConciergeBench.Owner });
        await _bench.SeesAsync("VMM");

        var list = await CallAsync("ListVms", new ListVmsRequest { OwnerId = ConciergeBench.Owner }, ListVmsResponse.Parser);

        Assert.Equal(VmStatus.Starting, Assert.Single(list.Vms).Status);
        await CallAsync("StopVm", new StopVmRequest { Name = "termina", OwnerId = ConciergeBench.Owner }, SuccessFailureResponse.Parser);
        Assert.Contains("called off", (await start).FailureReason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "termina", "owner id")]
    [InlineData("xyz", "termina", "owner id")]
    [InlineData("abc", "", "VM name")]
    public async Task A_bad_owner_or_name_is_a_failure_with_a_reason(string owner, string name, string reason)
    {
        var started = await StartAsync(new StartVmRequest { Name = name, OwnerId = owner });
        var stopped = await CallAsync("StopVm", new StopVmRequest { Name = name, OwnerId = owner }, SuccessFailureResponse.Parser);

        Assert.Equal((false, VmStatus.Failure), (started.Success, started.Status));
        Assert.Contains(reason, started.FailureReason, StringComparison.Ordinal);
        Assert.Contains(reason, stopped.FailureReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetVmLogs_has_no_field_for_a_failure_and_answers_an_error()
    {
        var error = await Assert.ThrowsAsync<DBusException>(
            () => CallAsync("GetVmLogs", new GetVmLogsRequest { Name = "termina", OwnerId = "xyz" }, GetVmLogsResponse.Parser));

        Assert.Equal(BusErrors.Failed, error.Name);
        Assert.Contains("owner id", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bytes_that_are_no_message_are_an_invalid_argument()
    {
        var error = await Assert.ThrowsAsync<DBusException>(() => _client!.CallAsync(
            new BusCall(ConciergeBus.Name, ConciergeBus.Path, ConciergeBus.Interface,
                "StopVm")
            { Body = BusBody.Of(new byte[] { 0xff, 0xff }) }, Cancel));

        Assert.Equal(BusErrors.InvalidArgs, error.Name);
    }

    [Fact]
    public async Task Descriptors_must_be_as_many_as_the_request_names()
    {
        var started = await StartAsync(new StartVmRequest
        {
            Name = "termina",
            OwnerId = ConciergeBench.Owner,
            Fds = { StartVmRequest.Types.FdType.Kernel },
        });

        Assert.Contains("names 1 descriptors and carries 0", started.FailureReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_kernel_given_as_a_descriptor_takes_the_place_of_the_images()
    {
        using var kernel = FdHandle.Open(Path.Combine(_bench.Directories.Image, "vmlinux"), OpenFlags.ReadOnly);
        var request = new StartVmRequest { Name = "termina", OwnerId = ConciergeBench.Owner, Fds = { StartVmRequest.Types.FdType.Kernel } };

        var started = await StartAsync(request, kernel);

        Assert.True(started.Success, started.FailureReason);
        Assert.Equal("/proc/self/fd/3", _bench.MachineOf("termina").Configuration.Kernel);
        Assert.Equal(4, _bench.MachineOf("termina").Configuration.NetworkFd);
        Assert.Equal(2, _bench.MachineOf("termina").Configuration.PassFds.Count);
    }

    [Fact]
    public async Task The_own_interface_starts_a_vm_with_a_chosen_memory_and_tells_the_version()
    {
        var body = BusBody.Of(new StartVmRequest { Name = "termina", OwnerId = ConciergeBench.Owner }.ToByteArray())
            .Add(Array.Empty<FdHandle>()).Add(256u).Add(false);
        using var answer = await _client!.CallAsync(
            new BusCall(ConciergeBus.Name, ConciergeBus.Path, ConciergeBus.OwnInterface, "StartVm") { Body = body }, Cancel);
        using var version = await _client.CallAsync(
            new BusCall(ConciergeBus.Name, ConciergeBus.Path, ConciergeBus.OwnInterface, "Version"), Cancel);

        Assert.Equal(256L << 20, StartVmResponse.Parser.ParseFrom(answer.Bytes(0).Span).VmInfo.AllocatedMemory);
        Assert.Matches(@"^\d+\.\d+\.\d+$", version.Text(0));
    }

    [Fact]
    public async Task A_start_with_containers_tells_of_the_disk_that_holds_them()
    {
        var started = await StartAsync(new StartVmRequest { Name = "termina", OwnerId = ConciergeBench.Owner, StartTermina = true });

        Assert.True(started.Success, started.FailureReason);
        Assert.Equal(
            (StartVmResponse.Types.MountResult.Success, 4096L, true),
            (started.MountResult, started.FreeBytes, started.FreeBytesHasValue));
    }

    [Fact]
    public async Task What_is_not_offered_is_refused_by_name()
    {
        var started = await StartAsync(new StartVmRequest { Name = "termina", OwnerId = ConciergeBench.Owner, EnableGpu = true });
        var created = await CallAsync(
            "CreateDiskImage",
            new CreateDiskImageRequest
            {
                CryptohomeId = ConciergeBench.Owner,
                VmName = "termina",
                ImageType = DiskImageType.DiskImageQcow2
            },
            CreateDiskImageResponse.Parser,
            withFds: true);

        Assert.Contains("enable_gpu", started.FailureReason, StringComparison.Ordinal);
        Assert.Equal(DiskImageStatus.DiskStatusFailed, created.Status);
        Assert.NotEmpty(created.FailureReason);
    }

    [Fact]
    public async Task A_start_that_meets_a_disk_operation_has_a_status_of_its_own()
    {
        using var busy = _bench.DiskOperations.Begin(ConciergeBench.IdOf("termina"));

        var started = await StartAsync(new StartVmRequest { Name = "termina", OwnerId = ConciergeBench.Owner });

        Assert.Equal(VmStatus.DiskOpInProgress, started.Status);
    }

    [Fact]
    public async Task A_disk_is_created_listed_and_destroyed()
    {
        var request = new CreateDiskImageRequest
        {
            CryptohomeId = ConciergeBench.Owner,
            VmName = "termina",
            DiskSize = 16 << 20,
            FilesystemType = FilesystemType.Ext4,
            AllocationType = DiskImageAllocationType.DiskAllocationTypeSparse,
        };

        var created = await CallAsync("CreateDiskImage", request, CreateDiskImageResponse.Parser, withFds: true);
        var list = await CallAsync(
            "ListVmDisks", new ListVmDisksRequest { CryptohomeId = ConciergeBench.Owner }, ListVmDisksResponse.Parser);
        var destroyed = await CallAsync(
            "DestroyDiskImage", new DestroyDiskImageRequest { CryptohomeId = ConciergeBench.Owner, VmName = "termina" },
                DestroyDiskImageResponse.Parser);

        Assert.True(created.Status == DiskImageStatus.DiskStatusCreated, created.FailureReason);
        Assert.Equal(created.DiskPath, Assert.Single(list.Images).Path);
        Assert.Equal(DiskImageStatus.DiskStatusDestroyed, destroyed.Status);
    }

    [Fact]
    public async Task StopAllVms_ends_all_of_them()
    {
        await StartAsync(new StartVmRequest { Name = "one", OwnerId = ConciergeBench.Owner });
        await StartAsync(new StartVmRequest { Name = "two", OwnerId = "abc" });

        using var answer = await _client!.CallAsync(
            new BusCall(ConciergeBus.Name, ConciergeBus.Path, ConciergeBus.Interface, "StopAllVms"), Cancel);

        Assert.Equal(0, answer.Count);
        Assert.Empty(_bench.Registry.All);
    }

    [Theory]
    [InlineData(1000u, 1000u, true)]
    [InlineData(1000u, 0u, true)]
    [InlineData(1000u, 1001u, false)]
    [InlineData(0u, 1001u, true)]
    public void A_users_daemon_answers_that_user_and_root_only(uint daemon, uint caller, bool isAdmitted)
    {
        Assert.Equal(isAdmitted, Make(daemon).Build().Admits(new BusCaller(":1.1", caller)));
    }

    [Fact]
    public async Task The_daemon_tells_which_instance_it_serves()
    {
        using var answer = await _client!.CallAsync(
            new BusCall(ConciergeBus.Name, ConciergeBus.Path, ConciergeBus.OwnInterface, ConciergeBus.InstanceMember), Cancel);

        var told = DaemonRecord.TryParse(System.Text.Encoding.UTF8.GetBytes(answer.Text(0)));

        Assert.Equal((_bench.Directories.State, Environment.ProcessId), (told?.State, told?.Pid));
    }

    private DaemonRecord Self => DaemonRecord.OfThisProcess(
        ConciergeBus.Program, new HostInstance(1000, _bench.Directories, "/bin", TimeProvider.System) { Environment = _ => null },
            "unix:path=/x");

    private ConciergeObject Make(uint uid) => new([.. _bench.MethodGroups, _logs], Self, uid, NullLogger.Instance);

    private async Task<StartVmResponse> StartAsync(StartVmRequest request, params FdHandle[] fds) =>
        await CallAsync("StartVm", BusBody.Of(request.ToByteArray()).Add([.. fds.Select(fd => fd.Duplicate())]), StartVmResponse.Parser);

    private Task<TReply> CallAsync<TReply>(string member, IMessage request, MessageParser<TReply> parser, bool withFds = false)
        where TReply : IMessage<TReply>
    {
        var body = BusBody.Of(request.ToByteArray());
        return CallAsync(member, withFds ? body.Add(Array.Empty<FdHandle>()) : body, parser);
    }

    private async Task<TReply> CallAsync<TReply>(string member, BusBody body, MessageParser<TReply> parser)
        where TReply : IMessage<TReply>
    {
        using var answer = await _client!.CallAsync(
            new BusCall(ConciergeBus.Name, ConciergeBus.Path, ConciergeBus.Interface, member) { Body = body }, Cancel);
        return parser.ParseFrom(answer.Bytes(0).Span);
    }
}

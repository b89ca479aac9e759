using Google.Protobuf;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Instance;
using VmTools.Protocol.Messages.Concierge;
using VmTools.Unit.DBus;
using Xunit;

namespace VmTools.Unit.Host.Vmc;

/// <summary>A daemon on a bus of its own that answers from tables and notes what it was asked.</summary>
internal sealed class FakeConcierge : IAsyncDisposable
{
    private readonly TestBus _bus;
    private readonly BusConnection _connection;

    private FakeConcierge(TestBus bus, BusConnection connection) => (_bus, _connection) = (bus, connection);

    internal List<ExtendedVmInfo> Vms { get; } = [];

    internal List<VmDiskInfo> Disks { get; } = [];

    /// <summary>What is told beyond the list of VMs: why one does not run, how one ended.</summary>
    internal List<VmStateReport> States { get; } = [];

    internal List<string> Calls { get; } = [];

    /// <summary>What is said of a stop that needed force.</summary>
    internal string Forced { get; set; } = "";

    /// <summary>The daemon of the original, or one of ours before it had its own StopVm and VmStates.</summary>
    internal bool IsOld { get; set; }

    internal StartVmRequest? Started { get; private set; }

    internal int FdsOfStart { get; private set; }

    internal string? StartFailure { get; set; }

    /// <summary>A start that waits here until it is released.</summary>
    internal TaskCompletionSource? Hold { get; set; }

    internal TaskCompletionSource StartEntered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>An instance whose session bus this daemon is on.</summary>
    internal HostInstance Instance => VmcRun.InstanceWith(new() { ["DBUS_SESSION_BUS_ADDRESS"] = _bus.Address }, _bus.Directory);

    internal static async Task<FakeConcierge> StartAsync(bool isOld = false)
    {
        var bus = await TestBus.StartAsync();
        var daemon = new FakeConcierge(bus, await bus.ConnectAsync()) { IsOld = isOld };
        await daemon._connection.ServeAsync(daemon.Served());
        await daemon._connection.RequestNameAsync(ConciergeBus.Name, TestContext.Current.CancellationToken);
        return daemon;
    }

    internal void AddRunning(string name, long cid) => Vms.Add(new ExtendedVmInfo
    {
        Name = name,
        Status = VmStatus.Running,
        VmInfo = new VmInfo { Cid = cid, Pid = 4000 + (int)cid, AllocatedMemory = 512 << 20, Status = VmStatus.Running },
    });

    internal void AddDisk(string name, ulong size) =>
        Disks.Add(new VmDiskInfo { Name = name, Size = size, Path = $"/disks/{name}.img" });

    /// <summary>A VM ends by itself.</summary>
    internal void End(string name, string why)
    {
        Vms.RemoveAll(vm => vm.Name == name);
        Step(ConciergeBus.EndedSignal, Instance.Owner.Value, name, why);
    }

    internal Task<VmcRun> RunAsync(params string[] args) => VmcRun.OfAsync(Instance, args, TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _bus.DisposeAsync();
    }

    private ServedObject Served() => new(ConciergeBus.Path,
    [
        new ServedInterface(ConciergeBus.Interface,
        [
            new ServedMethod("StartVm", "ayah", "ay", StartVmAsync),
            Method("StopVm", request => Stop(StopVmRequest.Parser.ParseFrom(request))),
            Method("GetVmInfo", request => Info(GetVmInfoRequest.Parser.ParseFrom(request))),
            Method("ListVms", _ => new ListVmsResponse { Success = true, Vms = { Vms } }),
            Method("GetVmLogs", request => new GetVmLogsResponse { Log = $"console of {GetVmLogsRequest.Parser.ParseFrom(request).Name}" }),
            Method("CreateDiskImage", request => Create(CreateDiskImageRequest.Parser.ParseFrom(request))) with { In = "ayah" },
            Method("DestroyDiskImage", request => Destroy(DestroyDiskImageRequest.Parser.ParseFrom(request))),
            Method("ListVmDisks",
                _ => new ListVmDisksResponse { Success = true, Images = { Disks }, TotalSize = (ulong)Disks.Sum(d => (long)d.Size) }),
        ], []),
        new ServedInterface(ConciergeBus.OwnInterface,
            [new ServedMethod("StartVm", "ayahub", "ay", StartVmAsync),
                new ServedMethod("Version", "", "s", (_, _) => Task.FromResult(BusBody.Of("9.8.7"))), .. IsOld ? [] : NewMethods()],
            [new ServedSignal(ConciergeBus.StartStepSignal, "sss"), new ServedSignal(ConciergeBus.StopStepSignal, "sss")]),
    ]);

    private IEnumerable<ServedMethod> NewMethods()
    {
        yield return new ServedMethod(
            ConciergeBus.StatesMember, "s", "s", (_, _) => Task.FromResult(BusBody.Of(VmStateReports.Write(AllStates()))));
        yield return new ServedMethod(ConciergeBus.StopMember, "ayb", "aybs", (request, _) =>
        {
            Calls.Add(request.Body.Flag(1) ? "StopVm by force" : "StopVm");
            var stop = StopVmRequest.Parser.ParseFrom(request.Body.Bytes(0).Span);
            Step(ConciergeBus.StopStepSignal, stop.OwnerId, stop.Name, "Asking the guest");
            return Task.FromResult(BusBody.Of(Stop(stop).ToByteArray()).Add(Forced.Length > 0).Add(Forced));
        });
    }

    private IReadOnlyList<VmStateReport> AllStates() =>
    [
        .. States,
        .. Vms.Where(vm => !States.Exists(state => state.Name == vm.Name))
            .Select(vm => new VmStateReport(vm.Name, "running") { Cid = (uint)vm.VmInfo.Cid, HostMemoryMib = 640 }),
    ];

    private ServedMethod Method(string member, Func<byte[], IMessage> answer) => new(member, "ay", "ay", (request, _) =>
    {
        Calls.Add(member);
        return Task.FromResult(BusBody.Of(answer(request.Body.Bytes(0).ToArray()).ToByteArray()));
    });

    private async Task<BusBody> StartVmAsync(BusRequest request, CancellationToken cancel)
    {
        Calls.Add("StartVm");
        Started = StartVmRequest.Parser.ParseFrom(request.Body.Bytes(0).Span);
        FdsOfStart = request.Body.Fds(1).Count;
        Step(ConciergeBus.StartStepSignal, Started.OwnerId, Started.Name, "Booting the guest");
        Step(ConciergeBus.StartStepSignal, "somebody else", Started.Name, "Not for us");
        StartEntered.TrySetResult();
        await (Hold?.Task.WaitAsync(cancel) ?? Task.CompletedTask);
        var response = StartFailure is null
            ? new StartVmResponse
            {
                Success = true,
                Status = VmStatus.Running,
                VmInfo = new VmInfo { Cid = 32, Pid = 77, AllocatedMemory = 512 << 20 }
            }
            : new StartVmResponse { Status = VmStatus.Failure, FailureReason = StartFailure };
        return BusBody.Of(response.ToByteArray());
    }

    private void Step(string signal, string owner, string name, string sentence) => _connection.EmitSignal(
        ConciergeBus.Path, ConciergeBus.OwnInterface, signal, new BusBody().Add(owner).Add(name).Add(sentence));

    private SuccessFailureResponse Stop(StopVmRequest request)
    {
        Vms.RemoveAll(vm => vm.Name == request.Name);
        Hold?.TrySetCanceled();
        return request.Name == "stubborn"
            ? new SuccessFailureResponse { FailureReason = "VM 'stubborn' does not end." }
            : new SuccessFailureResponse { Success = true };
    }

    private GetVmInfoResponse Info(GetVmInfoRequest request) => Vms.Find(vm => vm.Name == request.Name) is { } found
        ? new GetVmInfoResponse { Success = true, VmInfo = found.VmInfo }
        : new GetVmInfoResponse();

    private CreateDiskImageResponse Create(CreateDiskImageRequest request)
    {
        if (request.DiskSize > 1UL << 40)
        {
            return new CreateDiskImageResponse { Status = DiskImageStatus.DiskStatusNotEnoughSpace, FailureReason = "There is no room." };
        }

        var path = $"/disks/{request.VmName}.img";
        var exists = Disks.Exists(disk => disk.Name == request.VmName);
        return new CreateDiskImageResponse
        {
            Status = exists ? DiskImageStatus.DiskStatusExists
            : DiskImageStatus.DiskStatusCreated,
            DiskPath = path
        };
    }

    private DestroyDiskImageResponse Destroy(DestroyDiskImageRequest request) => new()
    {
        Status = Disks.RemoveAll(disk => disk.Name == request.VmName) > 0
            ? DiskImageStatus.DiskStatusDestroyed
            : DiskImageStatus.DiskStatusDoesNotExist,
    };
}

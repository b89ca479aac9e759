using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Cicerone.Clients;
using VmTools.Host.Cicerone.Vms;
using VmTools.Host.Concierge.Vms;
using VmTools.Host.Instance;
using VmTools.Host.Vms;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Concierge;
using VmTools.Unit.DBus;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.Cicerone.Clients;

/// <summary>The table after a restart of cicerone or of concierge, on a real bus with a concierge that answers from a table.</summary>
public sealed class ConciergeListTests : IAsyncLifetime
{
    private const string OtherOwner = "0123456789abcdef";

    private readonly TemporaryDirectory _directory = new();
    private readonly List<ExtendedVmInfo> _listed = [];
    private readonly VmTable _vms = new();
    private readonly List<KnownVm> _came = [];
    private TestBus? _bus;
    private BusConnection? _ours;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static OwnerId Owner => OwnerId.ForUser(TestBus.OwnUid);

    public async ValueTask InitializeAsync()
    {
        _bus = await TestBus.StartAsync();
        _ours = await _bus.ConnectAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var part in new IAsyncDisposable?[] { _ours, _bus })
        {
            await (part?.DisposeAsync() ?? ValueTask.CompletedTask);
        }

        _directory.Dispose();
    }

    [Fact]
    public async Task A_restarted_cicerone_knows_the_vms_that_run_of_every_owner_in_the_records()
    {
        await using var concierge = await StartConciergeAsync();
        Directory.CreateDirectory(Directories().Records);
        new VmRecords(Directories().Records, "this-boot", NullLogger.Instance).Write(
            new VmRecord { Owner = OtherOwner, Name = "theirs", Cid = 41, BootId = "this-boot", ControlSocket = "/none" });
        Lists(Owner.Value, "mine", 40, VmStatus.Running);
        Lists(OtherOwner, "theirs", 41, VmStatus.Running);
        Lists(Owner.Value, "boots", 42, VmStatus.Starting);

        await using var list = NewList();
        await list.StartAsync();

        Assert.Equal("mine", _vms.Find(new Cid(40))?.Id.Name.Value);
        Assert.Equal(OtherOwner, _vms.Find(new Cid(41))?.Id.Owner.Value);
        Assert.Equal(2, _vms.Count);
        Assert.Equal(["mine", "theirs"], _came.Select(vm => vm.Id.Name.Value).Order());
    }

    [Fact]
    public async Task A_concierge_that_comes_later_is_read_then()
    {
        await using var list = NewList();
        await list.StartAsync();
        _vms.Started(new KnownVm(VmId.Parse(Owner.Value, "gone"), new Cid(39)));
        Lists(Owner.Value, "mine", 40, VmStatus.Running);

        await using var concierge = await StartConciergeAsync();

        await Waiting.UntilAsync(() => _vms.Find(new Cid(40)) is not null);
        Assert.Null(_vms.Find(new Cid(39)));
    }

    [Fact]
    public void News_that_comes_while_the_list_is_on_its_way_is_younger()
    {
        var (stays, ends, comes) = (Known("stays", 40), Known("ends", 41), Known("comes", 42));
        _vms.Started(stays);
        _vms.Started(ends);
        _vms.BeginReading();

        _vms.Stopped(ends.Id);
        _vms.Started(comes);
        _vms.Replace([stays, ends]);

        Assert.Equal((stays, null, comes), (_vms.Find(stays.Cid), _vms.Find(ends.Cid), _vms.Find(comes.Cid)));
    }

    [Fact]
    public void The_end_of_a_run_is_told_however_it_becomes_known()
    {
        List<string> ended = [];
        var vms = new VmTable { RunEnded = vm => ended.Add(vm.Name.Value) };
        foreach (var name in new[] { "stops", "vanishes", "restarts", "stays" })
        {
            vms.Started(Known(name, 40));
        }

        vms.Stopped(Known("stops", 40).Id);
        vms.Stopped(Known("never seen", 1).Id);
        vms.Started(Known("restarts", 41));
        vms.BeginReading();
        var fresh = vms.Replace([Known("restarts", 42), Known("stays", 40), Known("comes", 43)]);

        Assert.Equal(["stops", "never seen", "restarts"], ended.Take(3));
        Assert.Equal(["restarts", "vanishes"], ended.Skip(3).Order());
        Assert.Equal(["restarts", "comes"], fresh.Select(vm => vm.Id.Name.Value));
    }

    [Fact]
    public void A_list_does_not_undo_that_a_vm_stops()
    {
        var vm = Known("dev", 40);
        _vms.Started(vm);
        _vms.Stopping(vm.Id);

        _vms.BeginReading();
        _vms.Replace([vm]);

        Assert.True(_vms.Find(vm.Cid)!.IsStopping);
    }

    private static KnownVm Known(string name, uint cid) => new(VmId.Parse(Owner.Value, name), new Cid(cid));

    private void Lists(string owner, string name, long cid, VmStatus status) =>
        _listed.Add(new ExtendedVmInfo { OwnerId = owner, Name = name, Status = status, VmInfo = new VmInfo { Cid = cid } });

    private InstanceDirectories Directories() => new(_directory.Path, _directory.Path, _directory.Path);

    private ConciergeList NewList()
    {
        var instance = new HostInstance(TestBus.OwnUid, Directories(), _directory.Path,
            TimeProvider.System)
        { Environment = static _ => null };
        return new ConciergeList(
            _ours!,
            _vms,
            instance,
            (vm, _) =>
            {
                _came.Add(vm);
                return Task.CompletedTask;
            },
            NullLogger.Instance);
    }

    private async Task<BusConnection> StartConciergeAsync()
    {
        var concierge = await _bus!.ConnectAsync();
        await concierge.ServeAsync(new ServedObject(ConciergeBus.Path,
        [
            new ServedInterface(ConciergeBus.Interface,
            [
                new ServedMethod("ListVms", "ay", "ay", (call, _) =>
                {
                    var owner = ListVmsRequest.Parser.ParseFrom(call.Body.Bytes(0).Span).OwnerId;
                    return Task.FromResult(
                        BusBody.Of(new ListVmsResponse { Success = true,
                        Vms = { _listed.Where(vm => vm.OwnerId == owner) } }.ToByteArray()));
                }),
            ],
            []),
        ]));
        await concierge.RequestNameAsync(ConciergeBus.Name, Cancel);
        return concierge;
    }
}

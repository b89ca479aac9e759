using System.Net;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Concierge.Api;
using VmTools.Host.Concierge.Vms;
using VmTools.Host.Vms;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Concierge;
using VmTools.Unit.DBus;
using Xunit;

namespace VmTools.Unit.Host.Concierge.Api;

/// <summary>The signals on a real bus, with the members and fields that clients of the original know.</summary>
public sealed class VmEventSignalsTests
{
    private static readonly VmSnapshot Running = new(VmId.Parse("abc", "termina"), VmState.Running, VmType.Baguette)
    {
        Cid = new Cid(40),
        VmmPid = 4711,
        MemoryMiB = 512,
        Address = IPAddress.Parse("10.0.2.15"),
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_life_is_told_in_its_order_with_name_owner_and_cid()
    {
        await using var bus = await TestBus.StartAsync();
        await using var server = await bus.ConnectAsync();
        await using var client = await bus.ConnectAsync();
        await using var signals = await client.SubscribeAsync(new MatchRule { Interface = ConciergeBus.Interface }, Cancel);
        var events = new VmEventSignals(server);

        events.StartingUp(Running with { State = VmState.Starting });
        events.Started(Running);
        events.Stopping(Running);
        events.Stopped(Running, VmTools.Host.Concierge.Vms.VmStopReason.DestroyDiskImageRequested);

        var startingUp = VmStartingUpSignal.Parser.ParseFrom((await ReadAsync(signals, "VmStartingUpSignal")).Span);
        var started = VmStartedSignal.Parser.ParseFrom((await ReadAsync(signals, "VmStartedSignal")).Span);
        var stopping = VmStoppingSignal.Parser.ParseFrom((await ReadAsync(signals, "VmStoppingSignal")).Span);
        var stopped = VmStoppedSignal.Parser.ParseFrom((await ReadAsync(signals, "VmStoppedSignal")).Span);
        Assert.Equal(
            ("termina", "abc", 40L, VmInfo.Types.VmType.Baguette), (
            startingUp.Name, startingUp.OwnerId, startingUp.Cid, startingUp.VmType));
        Assert.Equal(
            (4711, VmStatus.Running, 512L << 20, ""), (
            started.VmInfo.Pid, started.Status, started.VmInfo.AllocatedMemory, started.VmInfo.PermissionToken));
        Assert.Equal(("termina", 40L), (stopping.Name, stopping.Cid));
        Assert.Equal((40L, VmTools.Protocol.Messages.Concierge.VmStopReason.DestroyDiskImageRequested), (stopped.Cid, stopped.Reason));
    }

    [Fact]
    public async Task Steps_of_a_start_go_to_the_own_interface()
    {
        await using var bus = await TestBus.StartAsync();
        await using var server = await bus.ConnectAsync();
        await using var client = await bus.ConnectAsync();
        await using var signals = await client.SubscribeAsync(new MatchRule { Interface = ConciergeBus.OwnInterface }, Cancel);

        new VmEventSignals(server).StartStep(Running.Id, "Waiting for the guest to boot");

        var signal = await signals.ReadAsync(Cancel);
        Assert.Equal(
            ("VmStartStep", "abc", "termina", "Waiting for the guest to boot"), (
            signal.Member, signal.Body.Text(0), signal.Body.Text(1), signal.Body.Text(2)));
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(BusSubscription signals, string member)
    {
        var signal = await signals.ReadAsync(Cancel);
        Assert.Equal(member, signal.Member);
        return signal.Body.Bytes(0);
    }
}

using System.Globalization;
using CsCheck;
using VmTools.Virtio.Vsock.Connections;
using Xunit;

namespace VmTools.Unit.Virtio.Vsock.Model;

/// <summary>VMTOOLS_SCHEDULES raises the number of schedules: the weekly run takes a million.</summary>
public sealed class RandomScheduleTests
{
    private static readonly long Schedules =
        long.Parse(Environment.GetEnvironmentVariable("VMTOOLS_SCHEDULES") ?? "8000", CultureInfo.InvariantCulture);

    /// <summary>Traffic and the machinery that moves it are more frequent than ends, and those than disasters.</summary>
    private static readonly Gen<ModelAction> Actions = Gen.Frequency(
        (12, Among(ModelAction.HostWrites, ModelAction.HostReads, ModelAction.GuestWrites, ModelAction.GuestReads)),
        (16, Among(
            ModelAction.GuestSendsPackets,
            ModelAction.DeviceTakesPackets,
            ModelAction.DeviceServes,
            ModelAction.GuestTakesPackets,
            ModelAction.LoopReports)),
        (3, Among(ModelAction.HostOpens, ModelAction.GuestOpens)),
        (2, Among(
            ModelAction.HostEnds,
            ModelAction.HostStopsReading,
            ModelAction.HostCloses,
            ModelAction.GuestEnds,
            ModelAction.GuestStopsReading,
            ModelAction.GuestCloses)),
        (2, Among(ModelAction.TimePasses, ModelAction.Stops, ModelAction.Resumes)),
        (1, Among(ModelAction.GuestAborts, ModelAction.GuestLies, ModelAction.GuestFloods, ModelAction.GuestRestarts)));

    private static readonly Gen<ModelStep> Steps =
        Gen.Select(Actions, Gen.Int[0, 1000], Gen.Frequency((5, Gen.Int[0, 500]), (1, Gen.Int[0, 6000])), (what, which, amount) =>
            new ModelStep(what, which, amount));

    [Fact]
    public void No_byte_is_lost_doubled_or_reordered_and_nothing_is_left_behind() =>
        Steps.Array[1, 250].Sample(
            steps => Run(steps, VsockLimits.Default with { Connections = 24, KeptForHost = 4, BufferBytes = 600 * 1024 }), iter: Schedules);

    [Fact]
    public void The_same_holds_where_every_limit_is_tight() =>
        Steps.Array[1, 250].Sample(
            steps => Run(
                steps, VsockLimits.Default with { Connections = 3, KeptForHost = 1, MirroredResets = 2, BufferBytes = 100 * 1024 }),
            iter: Schedules / 4);

    private static void Run(ModelStep[] steps, VsockLimits limits)
    {
        var model = new Model(limits);
        foreach (var step in steps)
        {
            model.Step(step);
        }

        model.Finish();
    }

    private static Gen<ModelAction> Among(params ModelAction[] actions) => Gen.OneOf(actions);
}

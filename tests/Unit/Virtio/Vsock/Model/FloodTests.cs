using VmTools.Virtio.Vsock.Connections;
using Xunit;

namespace VmTools.Unit.Virtio.Vsock.Model;

/// <summary>
/// A guest program that connects and closes at once, over and over: the guest's driver stops taking packets while its own replies
/// wait, and goes on only when the device takes some.
/// </summary>
public sealed class FloodTests
{
    private const int Present = 0;
    private const int Absent = 1;

    [Theory]
    [InlineData(Present)]
    [InlineData(Absent)]
    public void A_flood_of_connects_never_has_driver_and_device_wait_for_each_other(int port)
    {
        var model = new Model(VsockLimits.Default);
        model.Step(new ModelStep(ModelAction.HostOpens, Which: 1, Amount: 3));
        model.Step(new ModelStep(ModelAction.GuestOpens, Which: 1, Amount: 3));

        for (var round = 0; round < 200; round++)
        {
            model.Step(new ModelStep(ModelAction.GuestFloods, port, Amount: 60));
            model.Step(new ModelStep(ModelAction.GuestSendsPackets, Which: 0, Amount: 15));
            model.Step(new ModelStep(ModelAction.DeviceTakesPackets, Which: 0, Amount: 7));
            model.Step(new ModelStep(ModelAction.DeviceServes, Which: 0, Amount: 31));
            model.Step(new ModelStep(ModelAction.GuestTakesPackets, Which: 0, Amount: 15));
            model.Step(new ModelStep(ModelAction.HostWrites, round, Amount: 50));
        }

        model.Finish();
    }
}

using Xunit;

namespace VmTools.Unit.Virtio.Rings;

/// <summary>The order of stores, fences and loads that <c>SplitRing</c> keeps, checked over every interleaving of a small model.</summary>
public sealed class NotificationModelTests
{
    [Fact]
    public void With_fences_on_both_sides_and_a_second_look_no_wake_up_is_lost()
    {
        var model = new NotificationModel(driverFence: true, deviceFence: true, lookAgain: true);

        Assert.True(model.NeverLosesAWakeUp());
        Assert.InRange(model.StatesSeen, 100, 1_000_000);
    }

    [Theory]
    [InlineData(false, true, true)]
    [InlineData(true, false, true)]
    [InlineData(true, true, false)]
    public void Without_any_one_of_them_a_wake_up_can_be_lost(bool driverFence, bool deviceFence, bool lookAgain)
    {
        Assert.False(new NotificationModel(driverFence, deviceFence, lookAgain).NeverLosesAWakeUp());
    }
}

using VmTools.Guest.Maitred.Clock;
using VmTools.Protocol;
using Xunit;

namespace VmTools.Unit.Guest.Maitred.Clock;

public sealed class SetTimeTests
{
    [Fact]
    public void The_epoch_is_no_time_to_set() =>
        Assert.Equal(ErrorKind.InvalidArgument, Assert.Throws<VmToolsException>(() => SetTime.Run(DateTimeOffset.UnixEpoch)).Kind);
}

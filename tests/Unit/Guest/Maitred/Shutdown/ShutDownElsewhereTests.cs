using VmTools.Guest.Maitred.Shutdown;
using VmTools.Protocol;
using Xunit;

namespace VmTools.Unit.Guest.Maitred.Shutdown;

public sealed class ShutDownElsewhereTests
{
    [Fact]
    public async Task A_service_refuses_to_switch_the_machine_off() =>
        Assert.Equal(
            ErrorKind.FailedPrecondition,
            (await Assert.ThrowsAsync<VmToolsException>(() => new ShutDownElsewhere().RunAsync())).Kind);
}

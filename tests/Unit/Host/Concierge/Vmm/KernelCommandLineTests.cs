using System.Text;
using VmTools.Host.Concierge.Vmm;
using VmTools.Host.Concierge.Vms.Start;
using VmTools.Host.HostFacts;
using VmTools.Host.Vms;
using Xunit;

namespace VmTools.Unit.Host.Concierge.Vmm;

public sealed class KernelCommandLineTests
{
    [Fact]
    public void Our_own_words_leave_a_request_the_room_that_it_is_promised()
    {
        Assert.True(VmName.TryParse(new string('n', VmName.MaxBytes), out var longest));
        var configuration = VmmConfigurations.Plain with
        {
            KernelParameters = [.. GuestHostname.ParameterFor(longest), new string('x', KernelCommandLine.RoomForRequest)],
        };

        Assert.InRange(Encoding.UTF8.GetByteCount(KernelCommandLine.For(configuration, Accelerator.Tcg)), 0, KernelCommandLine.MostBytes);
    }
}

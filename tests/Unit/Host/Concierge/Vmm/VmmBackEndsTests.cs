using VmTools.Host.Concierge.Vmm;
using Xunit;

namespace VmTools.Unit.Host.Concierge.Vmm;

public sealed class VmmBackEndsTests
{
    [Fact]
    public void A_running_VMs_back_end_is_found_by_name_even_if_its_program_was_removed()
    {
        Assert.Equal("qemu", VmmBackEnds.ByName("qemu", static _ => null)?.Choice.Name);
        Assert.Equal("crosvm", VmmBackEnds.ByName("crosvm", static _ => null)?.Choice.Name);
        Assert.Null(VmmBackEnds.ByName("xen", static _ => null));
    }
}

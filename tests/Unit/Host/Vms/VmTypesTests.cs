using VmTools.Host.Vms;
using Xunit;
using AppsType = VmTools.Protocol.Messages.Apps.VmType;

namespace VmTools.Unit.Host.Vms;

/// <summary>The numbers of VM types against those of the protocol buffers.</summary>
public sealed class VmTypesTests
{
    [Theory]
    [InlineData((int)VmType.Termina, AppsType.Termina)]
    [InlineData((int)VmType.PluginVm, AppsType.PluginVm)]
    [InlineData((int)VmType.Borealis, AppsType.Borealis)]
    [InlineData((int)VmType.Bruschetta, AppsType.Bruschetta)]
    [InlineData((int)VmType.Unknown, AppsType.Unknown)]
    [InlineData((int)VmType.ArcVm, AppsType.Arcvm)]
    [InlineData((int)VmType.Baguette, AppsType.Baguette)]
    public void Each_type_has_the_number_of_apps_and_comes_back_from_it(int type, AppsType number)
    {
        Assert.Equal((int)number, ((VmType)type).AppsNumber());
        Assert.Equal((VmType)type, VmTypes.OfAppsNumber((int)number));
    }

    [Fact]
    public void A_type_of_a_later_version_is_unknown_and_its_number_none()
    {
        Assert.Equal((int)AppsType.Unknown, ((VmType)99).AppsNumber());
        Assert.Null(VmTypes.OfAppsNumber(99));
    }
}

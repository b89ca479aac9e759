using VmTools.Guest.Maitred.Boot;
using Xunit;

namespace VmTools.Unit.Guest.Maitred.Boot;

public sealed class ModuleOrderTests
{
    [Fact]
    public void The_line_of_two_hyphens_parts_what_is_needed_first_from_the_rest()
    {
        var order = ModuleOrder.Parse("# comment\nvirtio.ko\n\n erofs.ko \n--\next4.ko\nveth.ko");

        Assert.Equal(["virtio.ko", "erofs.ko"], order.First);
        Assert.Equal(["ext4.ko", "veth.ko"], order.Later);
    }

    [Fact]
    public void Without_the_line_everything_is_needed_first() =>
        Assert.Equal(["a.ko", "b.ko"], ModuleOrder.Parse("a.ko\nb.ko\n").First);
}

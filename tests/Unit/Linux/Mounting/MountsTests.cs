using VmTools.Linux.Mounting;
using Xunit;

namespace VmTools.Unit.Linux.Mounting;

public sealed class MountsTests
{
    [Fact]
    public void Blanks_in_names_are_unescaped()
    {
        var entries = Mounts.Parse("/dev/vdb /mnt/my\\040disk\\134 ext4 rw,relatime 0 0\nproc /proc proc rw 0 0\n");

        Assert.Equal("/mnt/my disk\\", entries[0].Target);
        Assert.Equal(new MountEntry("proc", "/proc", "proc", "rw"), entries[1]);
    }

    [Theory]
    [InlineData("a\\9bc")]
    [InlineData("a\\04")]
    public void A_backslash_that_begins_no_escape_stays(string name) =>
        Assert.Equal(name, Mounts.Parse($"x {name} t o 0 0").Single().Target);

    [Fact]
    public void A_line_that_is_too_short_is_passed_over() => Assert.Empty(Mounts.Parse("nonsense\n\n"));

    [Fact]
    public void The_table_of_this_machine_begins_with_a_root() => Assert.Contains(Mounts.Read(), entry => entry.Target == "/");
}

using VmTools.Linux;
using Xunit;

namespace VmTools.Unit.Linux;

public sealed class FileModesTests
{
    [Theory]
    [InlineData(FileModes.OwnerReadsAndWrites, "600")]
    [InlineData(FileModes.OwnerDoesAll, "700")]
    [InlineData(FileModes.GroupMayRead, "640")]
    [InlineData(FileModes.GroupMayLook, "750")]
    [InlineData(FileModes.GroupMayPass, "710")]
    [InlineData(FileModes.AllMayRead, "644")]
    [InlineData(FileModes.AllMayWrite, "666")]
    [InlineData(FileModes.AllMayLook, "755")]
    [InlineData(FileModes.SharedByAll, "1777")]
    [InlineData(FileModes.AnybodyExecutes, "111")]
    [InlineData(FileModes.AllOfGroupAndOthers, "77")]
    public void A_mode_is_what_its_name_says(UnixFileMode mode, string octal) => Assert.Equal(octal, Convert.ToString((int)mode, 8));
}

using VmTools.Host.Vsh;
using Xunit;

namespace VmTools.Unit.Host.Vsh;

public sealed class VshProgramTests
{
    [Fact]
    public void The_words_of_vsh_itself_drive_no_terminal() =>
        Assert.Equal(
            "vsh: VM 'a\ufffdb\ufffd' is not running.\nSee below.", VshProgram.Message("VM 'a\u202eb\x1b' is not running.\nSee below."));
}

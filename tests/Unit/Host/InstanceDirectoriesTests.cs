using VmTools.Host.Instance;
using Xunit;

namespace VmTools.Unit.Host;

public sealed class InstanceDirectoriesTests
{
    [Fact]
    public void An_ordinary_user_keeps_everything_below_the_session_runtime_directory_and_home()
    {
        var directories = InstanceDirectories.ForUser(
            1000, name => name switch { "XDG_RUNTIME_DIR" => "/run/user/1000", "HOME" => "/home/u", _ => null }, "/opt/bin");

        Assert.Equal("/run/user/1000/vmtools", directories.Runtime);
        Assert.Equal("/home/u/.local/state/vmtools", directories.State);
        Assert.Equal("/usr/share/vmtools/image", directories.Image);
    }
}

using VmTools.Host.Instance;
using Xunit;

namespace VmTools.Unit.Host.Instance;

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

    [Fact]
    public void A_relative_directory_is_made_absolute_from_where_the_caller_stands()
    {
        var directories = InstanceDirectories.ForUser(1000, name => name == "VMTOOLS_STATE_DIR" ? "some/state/" : null, "/opt/bin");

        Assert.Equal(Path.Combine(Directory.GetCurrentDirectory(), "some/state"), directories.State);
    }

    [Fact]
    public void An_empty_variable_counts_as_unset()
    {
        var unset = InstanceDirectories.ForUser(1000, _ => null, "/opt/bin");

        Assert.Equal(unset, InstanceDirectories.ForUser(1000, _ => "", "/opt/bin"));
    }
}

using VmTools.Guest.Maitred.Boot;
using VmTools.Linux.Mounting;
using Xunit;

namespace VmTools.Unit.Guest.Maitred.Boot;

public sealed class MountPlanTests
{
    private static readonly MountStep[] All = [.. MountPlan.First, MountPlan.Run, .. MountPlan.Rest, MountPlan.Etc];

    [Fact]
    public void Each_target_is_mounted_once() =>
        Assert.Equal(All.Length, All.Select(step => step.Target).Distinct().Count());

    [Fact]
    public void A_file_system_is_mounted_before_those_below_it()
    {
        for (var i = 0; i < All.Length; i++)
        {
            Assert.DoesNotContain(All[i..], later => All[i].Target.StartsWith(later.Target + "/", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Everything_writable_is_without_set_user_id_and_devices() =>
        Assert.All(
            All.Where(step => step.Type == "tmpfs"),
            step => Assert.True(step.Flags.HasFlag(MountFlags.NoSuid | MountFlags.NoDev)));

    [Fact]
    public void Only_a_home_may_hold_programs() =>
        Assert.Equal(
            ["/home/chronos"],
            All.Where(step => step.Type == "tmpfs" && !step.Flags.HasFlag(MountFlags.NoExec)).Select(step => step.Target));

    [Fact]
    public void Terminals_belong_to_the_group_tty()
    {
        var terminals = All.Single(step => step.Type == "devpts");

        Assert.Equal("gid=5,mode=0620,ptmxmode=666", terminals.Options);
        Assert.False(terminals.Flags.HasFlag(MountFlags.NoDev));
    }

    [Fact]
    public void Only_what_a_kernel_may_lack_is_optional() =>
        Assert.Equal(
            ["/home/chronos", "/sys/kernel/security", "/sys/kernel/tracing"],
            All.Where(step => !step.IsRequired).Select(step => step.Target));

    [Fact]
    public void The_upper_half_of_etc_lies_in_directories_of_the_plan()
    {
        var directories = DirectoryPlan.All.Select(entry => entry.Path).ToList();

        Assert.Contains(MountPlan.UpperEtc, directories);
        Assert.Contains(MountPlan.WorkEtc, directories);
        Assert.All(
            directories.Where(path => path.Count(c => c == '/') > 2 && !path.StartsWith("/run/lock", StringComparison.Ordinal)),
            path => Assert.Contains(Path.GetDirectoryName(path)!, directories));
    }
}

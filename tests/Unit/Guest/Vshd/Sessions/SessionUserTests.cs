using VmTools.Guest.Vshd.Sessions;
using VmTools.Linux.Accounts;
using VmTools.Protocol.Vsh;
using Xunit;

namespace VmTools.Unit.Guest.Vshd.Sessions;

public sealed class SessionUserTests
{
    private const string VmShell = VshTarget.Vm;

    [Fact]
    public void Without_a_name_the_session_runs_as_vshd_does()
    {
        Assert.True(SessionUser.TryChoose(new SessionPolicy(), "penguin", "", out var user, out _));

        Assert.Equal(Users.EffectiveId, user.Uid);
    }

    [Fact]
    public void The_VM_shell_has_a_default_user()
    {
        Assert.False(SessionUser.TryChoose(new SessionPolicy { DefaultUser = "no-such-user" }, VmShell, "", out _, out var refusal));

        Assert.Equal("could not find user: no-such-user", refusal);
    }

    [Fact]
    public void Where_switching_is_forbidden_only_the_default_user_may_log_in_on_the_VM_shell()
    {
        var policy = new SessionPolicy { AllowToSwitchUser = false };

        Assert.False(SessionUser.TryChoose(policy, VmShell, "root", out _, out var refusal));

        Assert.Equal("only chronos is allowed login on the VM shell", refusal);
    }

    [Fact]
    public void In_a_container_the_default_user_is_whoever_no_session_names()
    {
        var policy = new SessionPolicy { DefaultUser = "no-such-user", IsInContainer = true };

        Assert.False(SessionUser.TryChoose(policy, "penguin", "", out _, out var refusal));

        Assert.Equal("could not find user: no-such-user", refusal);
    }

    [Fact]
    public void Where_switching_is_forbidden_nobody_is_looked_up()
    {
        var policy = new SessionPolicy { AllowToSwitchUser = false };

        Assert.True(SessionUser.TryChoose(policy, "penguin", "anybody", out var user, out _));

        Assert.Equal((Users.EffectiveId, "/", "/bin/sh"), (user.Uid, user.Home, user.Shell));
    }

    [Fact]
    public void Only_root_becomes_somebody_else()
    {
        Assert.SkipWhen(Users.EffectiveId == 0, "root may become anybody");

        Assert.False(SessionUser.TryChoose(new SessionPolicy(), "", "root", out _, out var refusal));

        Assert.Equal("cannot change to user: root", refusal);
    }

    [Fact]
    public void A_user_with_the_usual_id_is_the_usual_user_as_soon_as_there_is_one()
    {
        var policy = new SessionPolicy { DefaultUser = "no-such-user", DefaultUid = 0, IsInContainer = true };

        Assert.True(SessionUser.TryChoose(policy, "penguin", "", out var entry, out _));
        Assert.Equal("root", entry.Name);
        Assert.False(SessionUser.TryChoose(policy with { DefaultUid = 4_000_000_000 }, "penguin", "", out _, out var refusal));
        Assert.Contains("no-such-user", refusal, StringComparison.Ordinal);
    }
}

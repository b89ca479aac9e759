using VmTools.Host.Sandbox;
using VmTools.Linux;
using VmTools.Linux.Accounts;
using VmTools.Linux.ProcessControl;
using VmTools.Linux.Rights;

namespace VmTools.Host.Concierge.Vmm;

/// <summary>
/// What is left to a VMM that gets its files as descriptors: its program and what that reads of the system, no capabilities and, where
/// we are root, a user id of its own. Where it has no network process beside it, TCP stays open for the user-mode network of its own.
/// </summary>
internal sealed record VmmSandbox(Confinement Confinement, Credentials? RunAs)
{
    private const string Kvm = "/dev/kvm";

    public static VmmSandbox For(string program, VmmFiles files, uint? user)
    {
        var isApart = files.Configuration.NetworkFd is not null;
        var rules = ProgramRules.OfVmm(isApart)
            .AllowRuntime()
            .AllowProgram(program)
            .Allow(LandlockAccess.ReadFile | LandlockAccess.WriteFile | LandlockAccess.DeviceControl, Kvm);
        if (!isApart)
        {
            rules.AllowResolver(withSettings: user is not null || Users.EffectiveId != 0);
        }

        foreach (var file in files.Reopened)
        {
            rules.Allow(LandlockAccess.ReadFile, file);
        }

        return new VmmSandbox(new Confinement { Files = rules }, user is { } id ? new Credentials(id, id, GroupsFor(id)) : null);
    }

    /// <summary>Whether another user can execute this file: every directory that leads to it must be open.</summary>
    public static bool IsOpenToOthers(string program)
    {
        var file = File.ResolveLinkTarget(program, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(program);
        for (var path = file; path is not null; path = Path.GetDirectoryName(path))
        {
            if ((File.GetUnixFileMode(path) & UnixFileMode.OtherExecute) == 0)
            {
                return false;
            }
        }

        return true;
    }

    private static uint[] GroupsFor(uint id) => FileStatus.OfPath(Kvm) is { } kvm && kvm.GroupId != 0 ? [id, kvm.GroupId] : [id];
}

using System.Globalization;
using VmTools.Linux;
using VmTools.Linux.Rights;

namespace VmTools.Host.Sandbox;

/// <summary>Which of the layers of a sandbox this kernel has, in words for people.</summary>
internal sealed record KernelLayers(int Landlock, Errno WithoutLandlock, bool HasFilters)
{
    /// <summary>This kernel, as it is for this process.</summary>
    public static KernelLayers Ask()
    {
        var (version, reason) = Linux.Rights.Landlock.Ask();
        return new KernelLayers(version, reason, SeccompFilter.IsAvailable());
    }

    /// <summary>What Landlock keeps a program from here that has these rules, and which of them this kernel is too old for.</summary>
    public string LandlockFor(LandlockRules rules) => Landlock switch
    {
        0 => $"no Landlock ({WhyNoLandlock})",
        _ => string.Create(CultureInfo.InvariantCulture, $"Landlock {Landlock} ({KindsOf(rules)})"),
    };

    public string FilterText => HasFilters ? "system calls filtered" : "system calls not filtered (this kernel has no seccomp filters)";

    private string KindsOf(LandlockRules rules)
    {
        var (hasNetwork, hasScopes) = (Linux.Rights.Landlock.HasNetwork(Landlock), Linux.Rights.Landlock.HasScopes(Landlock));
        var lacking = (rules.WithoutTcp && !hasNetwork, rules.Apart && !hasScopes) switch
        {
            (true, true) => "; TCP needs Linux 6.7, signals 6.12",
            (true, false) => "; TCP needs Linux 6.7",
            (false, true) => "; signals need Linux 6.12",
            _ => "",
        };
        var held = (rules.WithoutTcp && hasNetwork, rules.Apart && hasScopes) switch
        {
            (true, true) => "files, TCP, signals",
            (true, false) => "files and TCP",
            (false, true) => "files, signals",
            _ => "files",
        };
        return held + lacking;
    }

    private string WhyNoLandlock => WithoutLandlock switch
    {
        Errno.ENOSYS => "this kernel has none: it came with Linux 5.13 and may be left out of one",
        Errno.EOPNOTSUPP => "this kernel has it switched off: add landlock to lsm= on its command line",
        Errno.EPERM => "the container we are in forbids it",
        var other => $"this kernel says {other}",
    };
}

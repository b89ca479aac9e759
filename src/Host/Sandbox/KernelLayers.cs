using System.Globalization;
using VmTools.Linux;

namespace VmTools.Host.Sandbox;

/// <summary>Which of the layers of a sandbox this kernel has, in words for people.</summary>
internal sealed record KernelLayers(int Landlock, Errno WithoutLandlock, bool HasFilters)
{
    /// <summary>This kernel, as it is for this process.</summary>
    public static KernelLayers Ask()
    {
        var (version, reason) = Linux.Landlock.Ask();
        return new KernelLayers(version, reason, SeccompFilter.IsAvailable());
    }

    /// <summary>What Landlock keeps a program from here that asks for all of it.</summary>
    public string LandlockText => Landlock switch
    {
        0 => $"no Landlock ({WhyNoLandlock})",
        _ => string.Create(CultureInfo.InvariantCulture, $"Landlock {Landlock} ({Kinds})"),
    };

    public string FilterText => HasFilters ? "system calls filtered" : "system calls not filtered (this kernel has no seccomp filters)";

    private string Kinds =>
        Linux.Landlock.HasScopes(Landlock) ? "files, TCP, signals"
        : Linux.Landlock.HasNetwork(Landlock) ? "files and TCP; signals need Linux 6.12"
        : "files; TCP needs Linux 6.7, signals 6.12";

    private string WhyNoLandlock => WithoutLandlock switch
    {
        Errno.ENOSYS => "this kernel has none: it came with Linux 5.13 and may be left out of one",
        Errno.EOPNOTSUPP => "this kernel has it switched off: add landlock to lsm= on its command line",
        Errno.EPERM => "the container we are in forbids it",
        var other => $"this kernel says {other}",
    };
}

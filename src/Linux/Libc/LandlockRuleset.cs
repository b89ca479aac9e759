using System.Runtime.InteropServices;

namespace VmTools.Linux.Libc;

/// <summary>struct landlock_ruleset_attr: what the ruleset decides about at all. Kernels take a longer one whose rest is zero.</summary>
[StructLayout(LayoutKind.Sequential, Size = 24)]
internal struct LandlockRuleset
{
    public ulong Files;
    public ulong Network;
    public ulong Scoped;
}

using System.Runtime.InteropServices;

namespace VmTools.Linux.Libc;

/// <summary>Two struct __user_cap_data_struct: the lower halves of the sets, then the upper (capget(2)).</summary>
[StructLayout(LayoutKind.Sequential, Size = 24)]
internal struct CapabilityData
{
    public uint Effective;
    public uint Permitted;
    public uint Inheritable;
    public uint EffectiveHigh;
    public uint PermittedHigh;
    public uint InheritableHigh;
}

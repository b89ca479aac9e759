using System.Globalization;

namespace VmTools.Protocol;

/// <summary>The second half of a vsock address: which service of the machine.</summary>
public readonly record struct VsockPort(uint Value)
{
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

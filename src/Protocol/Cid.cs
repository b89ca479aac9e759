using System.Globalization;

namespace VmTools.Protocol;

/// <summary>The vsock address of one machine: the host, or a single VM (vsock(7)).</summary>
public readonly record struct Cid(uint Value)
{
    public static readonly Cid Hypervisor = new(0);

    /// <summary>The machine itself, by loopback; no listener of ours takes connections from it.</summary>
    public static readonly Cid Local = new(1);

    public static readonly Cid Host = new(2);

    /// <summary>For listeners: whichever address this machine has.</summary>
    public static readonly Cid Any = new(uint.MaxValue);

    /// <summary>0 to 2 and the all-ones value are reserved; the rest name guests.</summary>
    public bool IsGuest => Value is > 2 and < uint.MaxValue;

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

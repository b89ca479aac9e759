namespace VmTools.Linux.Rights;

/// <summary>
/// A condition on an argument of a system call: argument AND mask is the value. All of an argument's 64 bits are compared. A filter
/// does not see what an argument points to.
/// </summary>
public readonly record struct SeccompTest(int Argument, ulong Mask, ulong Value)
{
    /// <summary>Of an argument that the kernel takes as an int, the upper half means nothing and is not looked at.</summary>
    public static SeccompTest IsInt(int argument, int value) => new(argument, uint.MaxValue, (uint)value);

    public static SeccompTest HasNone(int argument, ulong bits) => new(argument, bits, 0);

    public static SeccompTest HasAll(int argument, ulong bits) => new(argument, bits, bits);
}

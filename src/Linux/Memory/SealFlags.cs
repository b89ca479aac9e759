namespace VmTools.Linux.Memory;

/// <summary>What may no longer be done to a memfd (F_GET_SEALS of fcntl(2)).</summary>
[Flags]
public enum SealFlags
{
    None = 0,
    Seal = 1,
    Shrink = 2,
    Grow = 4,
    Write = 8,
}

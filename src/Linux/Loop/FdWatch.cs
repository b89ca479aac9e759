namespace VmTools.Linux.Loop;

/// <summary>
/// One fd watched by a loop: its slot and the slot's generation. A watch that was ended matches nothing any more, so an event that
/// was already fetched for a closed fd never reaches the fd that took its place.
/// </summary>
public readonly record struct FdWatch(int Slot, uint Generation)
{
    /// <summary>False for a default value: nothing is watched.</summary>
    public bool IsSet => Generation != 0;

    internal ulong Token => ((ulong)Generation << 32) | (uint)Slot;

    internal static FdWatch FromToken(ulong token) => new((int)(uint)token, (uint)(token >> 32));
}

namespace VmTools.Guest.Syslog.Spooling;

/// <summary>Memory, which the kernel only gives as far as it is used.</summary>
internal sealed class MemoryStorage(int capacity) : IRingStorage
{
    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(capacity, pinned: true);

    public long Capacity => _bytes.Length;

    public bool TryWrite(long offset, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_bytes.AsSpan((int)offset));
        return true;
    }

    public bool TryRead(long offset, Span<byte> bytes)
    {
        _bytes.AsSpan((int)offset, bytes.Length).CopyTo(bytes);
        return true;
    }

    public void Clear()
    {
    }

    public void Dispose()
    {
    }
}

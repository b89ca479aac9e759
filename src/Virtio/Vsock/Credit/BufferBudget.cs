namespace VmTools.Virtio.Vsock.Credit;

/// <summary>
/// Shares the memory for bytes that host programs have not taken. Each connection is promised its receive space when it
/// opens, so that what a guest may send always has a place: nothing is dropped, nothing waits for another connection. The
/// promises together stay below the limit: the first hundred or so get the largest space, the last ones the smallest.
/// The memory itself is taken on first use and given back when it is empty.
/// </summary>
internal sealed class BufferBudget(int totalBytes, int connections)
{
    private const int KeptArrays = 4;
    private static readonly int[] Sizes = [256 * 1024, 64 * 1024, 16 * 1024];
    private readonly Stack<byte[]>[] _kept = [new(KeptArrays), new(KeptArrays), new(KeptArrays)];
    private int _promised;
    private int _open;

    public int Promised => _promised;

    /// <summary>Bytes of memory now lent to connections.</summary>
    public int Lent { get; private set; }

    /// <summary>The receive space of one more connection. The caller keeps to the limit of connections.</summary>
    public int Promise()
    {
        _open++;
        var reserved = (connections - _open) * Sizes[^1];
        foreach (var size in Sizes)
        {
            if (_promised + size + reserved <= totalBytes || size == Sizes[^1])
            {
                _promised += size;
                return size;
            }
        }

        throw new InvalidOperationException("The smallest receive space is always promised.");
    }

    public void Return(int size)
    {
        _open--;
        _promised -= size;
    }

    public byte[] Lend(int size)
    {
        Lent += size;
        var kept = _kept[Array.IndexOf(Sizes, size)];
        return kept.TryPop(out var array) ? array : GC.AllocateUninitializedArray<byte>(size);
    }

    public void TakeBack(byte[] array)
    {
        Lent -= array.Length;
        var kept = _kept[Array.IndexOf(Sizes, array.Length)];
        if (kept.Count < KeptArrays)
        {
            kept.Push(array);
        }
    }
}

using VmTools.Linux;

namespace VmTools.Virtio.Memory;

/// <summary>Collects checked vectors into a caller's span; full is an ordinary outcome.</summary>
public ref struct IoVectorList(Span<IoVector> items)
{
    private readonly Span<IoVector> _items = items;

    public int Count { get; private set; }

    public readonly ReadOnlySpan<IoVector> Items => _items[..Count];

    public bool TryAdd(IoVector item)
    {
        if (Count == _items.Length)
        {
            return false;
        }

        _items[Count++] = item;
        return true;
    }
}

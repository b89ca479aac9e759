using VmTools.Virtio.Vsock.Packets;

namespace VmTools.Virtio.Vsock.Credit;

/// <summary>
/// The bytes of one connection that its host program has not taken, first in first out. Memory comes from the budget with
/// the first byte and goes back with the last. The receive window keeps the content below the capacity.
/// </summary>
internal sealed class ByteRing(BufferBudget budget, int capacity)
{
    private byte[]? _bytes;
    private int _first;

    public int Count { get; private set; }

    public bool IsEmpty => Count == 0;

    /// <summary>The oldest bytes, up to the end of the memory: what one write can take.</summary>
    public ReadOnlySpan<byte> Front => _bytes.AsSpan(_first, Math.Min(Count, capacity - _first));

    /// <summary>Copies the rest of a packet in, from <paramref name="offset"/> on. False when its memory is gone.</summary>
    public bool TryAppend(IGuestPayload payload, int offset)
    {
        var length = payload.Length - offset;
        if (length > capacity - Count)
        {
            throw new InvalidOperationException($"{length} bytes do not fit beside {Count} of {capacity}.");
        }

        _bytes ??= budget.Lend(capacity);
        var end = (_first + Count) & (capacity - 1);
        var untilWrap = Math.Min(length, capacity - end);
        if (!payload.TryCopy(offset, _bytes.AsSpan(end, untilWrap))
            || !payload.TryCopy(offset + untilWrap, _bytes.AsSpan(0, length - untilWrap)))
        {
            return false;
        }

        Count += length;
        return true;
    }

    public void Consume(int count)
    {
        Count -= count;
        _first = (_first + count) & (capacity - 1);
        if (IsEmpty)
        {
            Clear();
        }
    }

    public void Clear()
    {
        Count = 0;
        _first = 0;
        if (_bytes is not null)
        {
            budget.TakeBack(_bytes);
            _bytes = null;
        }
    }
}

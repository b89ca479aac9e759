namespace VmTools.Virtio.Vsock;

/// <summary>
/// Resets for packets that belong to no connection, waiting for rx buffers. When they are too many the oldest is forgotten: its
/// guest program has waited longest and has its own time limit, and the tx ring never waits for a place here.
/// </summary>
internal sealed class MirroredResets(int capacity)
{
    private readonly VsockHeader[] _waiting = new VsockHeader[capacity];
    private int _first;

    public int Count { get; private set; }

    /// <summary>Owes one more reset. False when another was forgotten for it.</summary>
    public bool Add(in VsockHeader reset)
    {
        var hasRoom = Count < capacity;
        if (!hasRoom)
        {
            _first = (_first + 1) % capacity;
            Count--;
        }

        _waiting[(_first + Count) % capacity] = reset;
        Count++;
        return hasRoom;
    }

    public bool TryTake(out VsockHeader reset)
    {
        reset = default;
        if (Count == 0)
        {
            return false;
        }

        reset = _waiting[_first];
        _first = (_first + 1) % capacity;
        Count--;
        return true;
    }

    public void Clear() => Count = 0;
}

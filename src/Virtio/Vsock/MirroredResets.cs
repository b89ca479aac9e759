namespace VmTools.Virtio.Vsock;

/// <summary>Resets for packets that belong to no connection, waiting for rx buffers. Full means: take no more tx packets.</summary>
internal sealed class MirroredResets(int capacity)
{
    private readonly VsockHeader[] _waiting = new VsockHeader[capacity];
    private int _first;

    public int Count { get; private set; }

    public bool IsFull => Count == capacity;

    /// <summary>Owes one more reset. One beyond the capacity is forgotten: the sender's own time-out stands for it.</summary>
    public void Add(in VsockHeader reset)
    {
        if (!IsFull)
        {
            _waiting[(_first + Count) % capacity] = reset;
            Count++;
        }
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

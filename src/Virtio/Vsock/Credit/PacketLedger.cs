namespace VmTools.Virtio.Vsock.Credit;

/// <summary>
/// The packets that a guest has been sent and has not reported as read, as the stream positions where they end. Newer
/// Linux kernels charge about 640 bytes of overhead for each against the receive space, so their number is a credit too.
/// </summary>
internal sealed class PacketLedger
{
    private const int FirstCapacity = 64;
    private uint[] _ends = [];
    private int _first;

    public int Count { get; private set; }

    public void Add(uint end)
    {
        if (Count == _ends.Length)
        {
            Grow();
        }

        _ends[(_first + Count) & (_ends.Length - 1)] = end;
        Count++;
    }

    /// <summary>Forgets the packets wholly before <paramref name="position"/>; positions wrap at 2^32.</summary>
    public void RetireUpTo(uint position)
    {
        while (Count > 0 && (int)(position - _ends[_first]) >= 0)
        {
            _first = (_first + 1) & (_ends.Length - 1);
            Count--;
        }
    }

    private void Grow()
    {
        var larger = new uint[Math.Max(FirstCapacity, _ends.Length * 2)];
        for (var i = 0; i < Count; i++)
        {
            larger[i] = _ends[(_first + i) & (_ends.Length - 1)];
        }

        _ends = larger;
        _first = 0;
    }
}

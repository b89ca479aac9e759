namespace VmTools.Virtio.Vsock;

/// <summary>
/// Which connections owe the guest what: a round robin for each kind, the kinds in order. A slot stands in each round at
/// most once, so the rounds never grow and never allocate.
/// </summary>
internal sealed class RxTurns
{
    private const int Kinds = (int)RxTurn.ReadWrite + 1;
    private readonly ushort[][] _rounds = new ushort[Kinds][];
    private readonly int[] _first = new int[Kinds];
    private readonly int[] _count = new int[Kinds];
    private readonly byte[] _standing;

    public RxTurns(int slots)
    {
        _standing = new byte[slots];
        for (var kind = 0; kind < Kinds; kind++)
        {
            _rounds[kind] = new ushort[slots];
        }
    }

    public bool IsEmpty => !Array.Exists(_count, count => count > 0);

    public int Waiting(RxTurn kind) => _count[(int)kind];

    public void Add(RxTurn kind, int slot)
    {
        var bit = (byte)(1 << (int)kind);
        if ((_standing[slot] & bit) != 0)
        {
            return;
        }

        _standing[slot] |= bit;
        var round = _rounds[(int)kind];
        round[(_first[(int)kind] + _count[(int)kind]) % round.Length] = (ushort)slot;
        _count[(int)kind]++;
    }

    /// <summary>The first slot of the first kind that anybody waits for; it stays until taken.</summary>
    public bool TryPeek(out RxTurn kind, out int slot)
    {
        for (var i = 0; i < Kinds; i++)
        {
            if (_count[i] > 0)
            {
                (kind, slot) = ((RxTurn)i, _rounds[i][_first[i]]);
                return true;
            }
        }

        (kind, slot) = (default, -1);
        return false;
    }

    public void Take(RxTurn kind)
    {
        var round = _rounds[(int)kind];
        _standing[round[_first[(int)kind]]] &= (byte)~(1 << (int)kind);
        _first[(int)kind] = (_first[(int)kind] + 1) % round.Length;
        _count[(int)kind]--;
    }
}

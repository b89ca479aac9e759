namespace VmTools.Virtio.Vsock.Connections;

/// <summary>
/// Which connections owe the guest what: a round robin for each kind, the kinds in order. A kind that was passed over a few times
/// goes first once, so that no flood of one kind shuts out another. A slot stands in each round at most once, so the rounds never
/// grow and never allocate.
/// </summary>
internal sealed class RxTurns
{
    private const int Kinds = (int)RxTurn.ReadWrite + 1;

    /// <summary>How many turns of the kinds before it a kind waits for at most.</summary>
    private const int Patience = 8;

    private readonly ushort[][] _rounds = new ushort[Kinds][];
    private readonly int[] _first = new int[Kinds];
    private readonly int[] _count = new int[Kinds];
    private readonly int[] _passedOver = new int[Kinds];
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

    /// <summary>The first slot of the kind whose turn it is; it stays until taken.</summary>
    public bool TryPeek(out RxTurn kind, out int slot)
    {
        var next = -1;
        for (var i = 0; i < Kinds; i++)
        {
            if (_count[i] > 0 && (next < 0 || _passedOver[i] >= Patience))
            {
                next = i;
            }
        }

        kind = (RxTurn)Math.Max(next, 0);
        slot = next < 0 ? -1 : _rounds[next][_first[next]];
        return next >= 0;
    }

    public void Take(RxTurn kind)
    {
        var round = _rounds[(int)kind];
        _standing[round[_first[(int)kind]]] &= (byte)~(1 << (int)kind);
        _first[(int)kind] = (_first[(int)kind] + 1) % round.Length;
        _count[(int)kind]--;
        _passedOver[(int)kind] = 0;
        for (var later = (int)kind + 1; later < Kinds; later++)
        {
            _passedOver[later] += _count[later] > 0 ? 1 : 0;
        }
    }
}

/// <summary>
/// The kinds of packet that a connection can owe the guest, in the order in which they are served. Owing one is a flag on
/// the connection, not a packet in a queue: a guest that takes nothing makes nothing grow.
/// </summary>
internal enum RxTurn
{
    Reset,
    Response,
    Request,
    Shutdown,
    CreditUpdate,
    CreditRequest,
    ReadWrite,
}

namespace VmTools.Protocol.Grpc;

/// <summary>Counts the connections of each machine and refuses those beyond the limit.</summary>
internal sealed class PeerCount(int limit)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Cid, int> _connections = [];

    public bool TryEnter(Cid peer)
    {
        lock (_lock)
        {
            var open = _connections.GetValueOrDefault(peer);
            if (open == limit)
            {
                return false;
            }

            _connections[peer] = open + 1;
            return true;
        }
    }

    public void Leave(Cid peer)
    {
        lock (_lock)
        {
            var open = _connections[peer] - 1;
            if (open == 0)
            {
                _connections.Remove(peer);
            }
            else
            {
                _connections[peer] = open;
            }
        }
    }
}

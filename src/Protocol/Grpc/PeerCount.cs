namespace VmTools.Protocol.Grpc;

/// <summary>Counts the connections of each machine, and of each container that it names, and refuses those beyond the limits.</summary>
internal sealed class PeerCount(GrpcLimits limits)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Cid, int> _machines = [];
    private readonly Dictionary<(Cid Machine, string Container), int> _containers = [];

    /// <summary>A machine's own connections count as those of a container without a name.</summary>
    public bool TryEnter(Cid machine, string? container)
    {
        var peer = (machine, container ?? "");
        lock (_lock)
        {
            if (_machines.GetValueOrDefault(machine) >= limits.ConnectionsPerMachine
                || _containers.GetValueOrDefault(peer) >= limits.ConnectionsPerPeer)
            {
                return false;
            }

            Add(_machines, machine, 1);
            Add(_containers, peer, 1);
            return true;
        }
    }

    public void Leave(Cid machine, string? container)
    {
        lock (_lock)
        {
            Add(_machines, machine, -1);
            Add(_containers, (machine, container ?? ""), -1);
        }
    }

    private static void Add<TKey>(Dictionary<TKey, int> counts, TKey key, int change)
        where TKey : notnull
    {
        var count = counts.GetValueOrDefault(key) + change;
        if (count == 0)
        {
            counts.Remove(key);
        }
        else
        {
            counts[key] = count;
        }
    }
}

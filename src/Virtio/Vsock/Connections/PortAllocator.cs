namespace VmTools.Virtio.Vsock.Connections;

/// <summary>
/// Source ports for connections that host programs open, round robin so that a port is reused as late as can be. The range
/// is ours alone: the guest may not dial into it.
/// </summary>
internal sealed class PortAllocator
{
    public const uint First = 1u << 30;
    public const uint Last = (1u << 31) - 1;

    private readonly HashSet<uint> _taken = [];
    private uint _next = First;

    public static bool IsEphemeral(uint port) => port is >= First and <= Last;

    public int Taken => _taken.Count;

    /// <summary>The next free port. There are far more ports than connections.</summary>
    public uint Take()
    {
        while (!_taken.Add(_next))
        {
            Advance();
        }

        var port = _next;
        Advance();
        return port;
    }

    public void Return(uint port) => _taken.Remove(port);

    private void Advance() => _next = _next == Last ? First : _next + 1;
}

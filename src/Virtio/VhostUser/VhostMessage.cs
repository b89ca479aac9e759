using VmTools.Linux;

namespace VmTools.Virtio.VhostUser;

/// <summary>One whole message: header, payload and the fds that came with it. Reused for every message of a connection.</summary>
internal sealed class VhostMessage(int maxPayload)
{
    private readonly byte[] _payload = new byte[maxPayload];

    public VhostHeader Header { get; set; }

    public ReadOnlySpan<byte> Payload => _payload.AsSpan(0, (int)Header.PayloadLength);

    public List<FdHandle> Fds { get; } = [];

    public Span<byte> Room => _payload;

    /// <summary>Takes the only fd over; null when there is none or more than one.</summary>
    public FdHandle? TakeFd()
    {
        if (Fds.Count != 1)
        {
            return null;
        }

        var fd = Fds[0];
        Fds.Clear();
        return fd;
    }

    /// <summary>Closes the fds that no request took: one that was not expected must not stay open.</summary>
    public void CloseFds()
    {
        Fds.ForEach(fd => fd.Dispose());
        Fds.Clear();
    }
}

using VmTools.Virtio.Vsock.HostStreams;

namespace VmTools.Unit.Virtio.Vsock.HostStreams;

/// <summary>The listeners of the host, in memory.</summary>
internal sealed class FakePrograms : IHostPrograms
{
    public HashSet<uint> Listening { get; } = [9000];

    public Dictionary<uint, FakeHost> DialledFor { get; } = [];

    public int Dialled { get; private set; }

    public IHostStream? TryDial(uint hostPort, uint guestPort)
    {
        Dialled++;
        return Listening.Contains(hostPort) ? DialledFor[guestPort] = new FakeHost() : null;
    }
}

using Microsoft.Extensions.Logging;
using VmTools.Virtio.Vsock.Connections;

namespace VmTools.Virtio.Vsock;

/// <summary>
/// Incidents as log lines, at most one a second of each kind: a hostile guest can cause a hundred thousand a second, and the
/// log must neither fill the disk nor hide the count.
/// </summary>
internal sealed partial class IncidentLog(ILogger log, Func<long> milliseconds) : IVsockObserver
{
    private const int Pause = 1000;
    private static readonly int Kinds = Enum.GetValues<VsockIncident>().Length;

    private readonly long[] _quietUntil = new long[Kinds];
    private readonly long[] _unsaid = new long[Kinds];

    public void Happened(VsockIncident incident, ConnectionKey key)
    {
        var kind = (int)incident;
        var now = milliseconds();
        if (now < _quietUntil[kind])
        {
            _unsaid[kind]++;
            return;
        }

        _quietUntil[kind] = now + Pause;
        LogIncident(incident, key.GuestPort, key.HostPort, _unsaid[kind]);
        _unsaid[kind] = 0;
    }

    [LoggerMessage(
        210, LogLevel.Warning, "{Incident}: guest port {GuestPort}, host port {HostPort} ({Unsaid} more of the kind since the last line).")]
    private partial void LogIncident(VsockIncident incident, uint guestPort, uint hostPort, long unsaid);
}

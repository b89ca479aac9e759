namespace VmTools.Virtio.Vsock;

/// <summary>Hears of what the log should know.</summary>
internal interface IVsockObserver
{
    void Happened(VsockIncident incident, ConnectionKey key);
}

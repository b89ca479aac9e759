namespace VmTools.Virtio.Vsock.Connections;

/// <summary>What a guest did wrong or was refused, and the log should know.</summary>
internal enum VsockIncident
{
    /// <summary>Source is not this guest or destination is not the host: loopback, another guest, a forged CID.</summary>
    ForeignAddress,
    UnknownType,
    UnknownOperation,

    /// <summary>A packet shorter than a header, or than the payload it claims.</summary>
    Malformed,

    /// <summary>A packet that its connection's state does not allow.</summary>
    OutOfTurn,

    /// <summary>The guest sent more bytes than it was promised space for, or reported as read what it was never sent.</summary>
    CreditViolation,

    /// <summary>A request for a connection that exists, or to a port of the device's own range.</summary>
    RefusedRequest,

    /// <summary>The limit of connections is reached.</summary>
    TableFull,

    /// <summary>So many resets wait for rx buffers that the oldest was forgotten.</summary>
    ResetForgotten,

    /// <summary>A host program did not take the last bytes of a closed connection in time.</summary>
    DrainTimeout,
}

/// <summary>The receiver of incidents: the device's log, or a test.</summary>
internal interface IVsockObserver
{
    void Happened(VsockIncident incident, ConnectionKey key);
}

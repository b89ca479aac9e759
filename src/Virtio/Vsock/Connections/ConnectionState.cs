namespace VmTools.Virtio.Vsock.Connections;

/// <summary>
/// The life of one connection (docs/protocols/vsock.md, "The life of a connection"). RST stands for the guest's reset:
/// <code>
/// from          event                                             to
/// -             CONNECT of a host program                         RequestOwed
/// -             REQUEST, and a host program accepts               ResponseOwed
/// RequestOwed   the REQUEST went to the guest                     RequestSent
/// RequestSent   RESPONSE, and the host program has its OK         Open
/// ResponseOwed  the RESPONSE went to the guest                    Open
/// Open          SHUTDOWN (both) while bytes of the guest are held Draining
/// Open          both ways are over, the guest has closed          Resetting
/// Open          both ways are over, the guest has not closed      Closing
/// Draining      RST                                               Abandoned
/// Draining      last byte delivered, or never can be              Resetting
/// Abandoned     last byte delivered, or never can be              Gone
/// Closing       SHUTDOWN (both), or no RST in time                Resetting
/// Resetting     our RST went to the guest, or waits elsewhere     Gone
/// RequestOwed   time is up, or the host program left              Gone
/// RequestSent   time is up, or the host program left              Resetting
/// ResponseOwed  time is up                                        Resetting
/// all but Abandoned and Resetting   the guest broke a rule        Resetting
/// all but Draining and Abandoned    RST                           Gone
/// all           new driver, or the VMM has gone                   Gone
/// </code>
/// Beside <see cref="Open"/>, in which both ends are there, and <see cref="Gone"/>, every state has a deadline. The numbers rise with
/// the age of a connection, which comparisons below rely on.
/// </summary>
internal enum ConnectionState
{
    /// <summary>A host program asked; the REQUEST waits for an rx buffer.</summary>
    RequestOwed,

    /// <summary>A host program asked and the guest knows; its answer is awaited.</summary>
    RequestSent,

    /// <summary>The guest asked and a host program accepted; the RESPONSE waits for an rx buffer.</summary>
    ResponseOwed,

    /// <summary>Both ends are there; each direction may end by itself.</summary>
    Open,

    /// <summary>The guest has closed; its last bytes still go to the host program.</summary>
    Draining,

    /// <summary>
    /// As <see cref="Draining"/>, and the guest has reset the connection: nothing is owed to it, and it may use the name anew.
    /// </summary>
    Abandoned,

    /// <summary>The host program is done, its socket is closed and the guest is told; the guest's RST is awaited.</summary>
    Closing,

    /// <summary>Everything is given back but the name; our RST waits for an rx buffer.</summary>
    Resetting,

    /// <summary>The connection is no longer in the table.</summary>
    Gone,
}

/// <summary>What follows from the state of a connection alone.</summary>
internal static class ConnectionStates
{
    /// <summary>Whether the device holds the host program's socket.</summary>
    public static bool HasHost(this ConnectionState state) => state < ConnectionState.Closing;

    /// <summary>Whether the guest has closed and its last bytes are still to be delivered.</summary>
    public static bool IsDraining(this ConnectionState state) => state is ConnectionState.Draining or ConnectionState.Abandoned;

    /// <summary>Whether the table at <see cref="ConnectionState"/> has a line for it.</summary>
    public static bool MayBecome(this ConnectionState from, ConnectionState to) => (from, to) switch
    {
        (ConnectionState.Gone, _) => false,
        (_, ConnectionState.Gone) => true,
        (ConnectionState.RequestOwed, ConnectionState.RequestSent) => true,
        (ConnectionState.RequestSent or ConnectionState.ResponseOwed, ConnectionState.Open) => true,
        (ConnectionState.Open, ConnectionState.Draining or ConnectionState.Closing) => true,
        (ConnectionState.Draining, ConnectionState.Abandoned) => true,
        (ConnectionState.Abandoned or ConnectionState.Resetting, _) => false,
        (_, ConnectionState.Resetting) => true,
        _ => false,
    };
}

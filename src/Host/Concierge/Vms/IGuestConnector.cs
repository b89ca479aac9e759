using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vms;

/// <summary>Opens the conversation with a guest's agent: the edge to what runs inside.</summary>
internal interface IGuestConnector
{
    /// <summary>Costs nothing until the first call.</summary>
    IGuest Connect(Cid cid);
}

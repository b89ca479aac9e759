using VmTools.DBus;

namespace VmTools.Host.Bus;

/// <summary>One call of vm_concierge. The body is the call's and is disposed with it.</summary>
internal sealed record ConciergeCall(string Member, BusBody Body, TimeSpan Limit)
{
    public string Interface { get; init; } = ConciergeBus.Interface;
}

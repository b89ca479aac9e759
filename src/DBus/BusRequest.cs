namespace VmTools.DBus;

/// <summary>
/// One call of a served method, as its handler sees it. The body is disposed when the handler has ended: descriptors the
/// handler wants to keep are taken out with <see cref="BusBody.TakeFds"/>; the others are closed.
/// </summary>
public sealed record BusRequest(string Member, BusCaller Caller, BusBody Body);

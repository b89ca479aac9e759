namespace VmTools.DBus;

/// <summary>A signal that arrived for a subscription. Descriptors in the body belong to the reader of the subscription.</summary>
public sealed record BusSignal(string Sender, string Path, string Interface, string Member, BusBody Body);

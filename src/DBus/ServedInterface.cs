namespace VmTools.DBus;

/// <summary>One interface of a served object: its methods and the signals it may send.</summary>
public sealed record ServedInterface(
    string Name, IReadOnlyList<ServedMethod> Methods, IReadOnlyList<ServedSignal> Signals);

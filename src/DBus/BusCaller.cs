namespace VmTools.DBus;

/// <summary>Who made a call: the unique name on the bus and the effective uid, both vouched for by the bus.</summary>
public readonly record struct BusCaller(string UniqueName, uint Uid);

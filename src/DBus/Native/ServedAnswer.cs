namespace VmTools.DBus.Native;

/// <summary>What a handler came to: a body or an error.</summary>
internal readonly record struct ServedAnswer(BusBody? Body, DBusException? Error);

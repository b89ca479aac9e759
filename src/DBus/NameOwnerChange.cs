namespace VmTools.DBus;

/// <summary>A name went from one unique name to another; null is "nobody".</summary>
public readonly record struct NameOwnerChange(string Name, string? OldOwner, string? NewOwner);

namespace VmTools.DBus;

/// <summary>A well-known name went from one unique name to another; null stands for no owner.</summary>
public readonly record struct NameOwnerChange(string Name, string? OldOwner, string? NewOwner);

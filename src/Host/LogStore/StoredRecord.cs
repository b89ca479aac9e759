namespace VmTools.Host.LogStore;

/// <summary>A line of a VM's log and the file it comes from.</summary>
internal readonly record struct StoredRecord(LogSource Source, StoredLine Line);

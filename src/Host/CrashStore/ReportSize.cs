namespace VmTools.Host.CrashStore;

/// <summary>What the files of a report, whole or not, take on the disk.</summary>
internal readonly record struct ReportSize(CrashPaths Places, CrashId Id, long Bytes);

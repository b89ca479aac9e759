namespace VmTools.Host.Crashes;

/// <summary>What the files of a report, whole or not, take on the disk.</summary>
internal readonly record struct ReportSize(CrashPlaces Places, CrashId Id, long Bytes);

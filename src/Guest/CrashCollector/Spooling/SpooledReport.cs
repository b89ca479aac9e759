namespace VmTools.Guest.CrashCollector.Spooling;

/// <summary>A report as it lies in the spool: the serialized message and the file it is in.</summary>
internal sealed record SpooledReport(string Path, byte[] Content);

using VmTools.Host.CrashStore;

namespace VmTools.Host.Cicerone.Crashes;

/// <summary>Who is told of a stored report: the bus, and the user's program.</summary>
internal sealed record ReportAudience(Action<StoredReport> Signal, UploadHook? Hook);

using VmTools.Host.Cicerone.Resources;
using VmTools.Host.Crashes;

namespace VmTools.Host.Cicerone.Border;

/// <summary>Who is told of a stored report: the bus, and the user's program.</summary>
internal sealed record ReportAudience(Action<StoredReport> Signal, UploadHook? Hook);

using Microsoft.Extensions.Logging;

namespace VmTools.Host.Sandbox;

/// <summary>What a daemon's log tells of its sandbox, once, when it starts.</summary>
internal static partial class SandboxLog
{
    [LoggerMessage(3400, LogLevel.Information, "Confined: {What}")]
    public static partial void Confined(ILogger log, string what);
}

using VmTools.Host.LogForwarder.Api;
using VmTools.Host.LogForwarder.Settings;
using VmTools.Host.LogForwarder.Syslog;

namespace VmTools.Host.LogForwarder;

/// <summary>What the logs of all VMs have in common.</summary>
internal sealed record ForwarderParts(LogSettings Settings, ForwarderCounters Counters, TimeProvider Clock)
{
    /// <summary>Null where the host's syslog is not to have a copy.</summary>
    public HostSyslog? Syslog { get; init; }
}

using Microsoft.Extensions.Logging;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.LogForwarder.Counters;

namespace VmTools.Host.LogForwarder.Api;

/// <summary>vmlog_forwarder on the bus: one method that tells its counters.</summary>
internal sealed partial class ForwarderObject(ForwarderCounters counters, uint uid, ILogger log)
{
    public ServedObject Build() => new(
        LogForwarderBus.Path,
        [
            new ServedInterface(
                LogForwarderBus.Interface, [OwnedObject.Status(counters.Read, ForwarderStatusJson.Default.ForwarderStatus)], []),
        ])
    {
        Admits = OwnedObject.AdmitsOnly(uid),
        HandlerFaulted = LogFault,
    };

    [LoggerMessage(3202, LogLevel.Error, "{Member} failed")]
    private partial void LogFault(string member, Exception defect);
}

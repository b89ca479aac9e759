using Microsoft.Extensions.Logging;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Cicerone.Crashes;

namespace VmTools.Host.Cicerone.Api;

/// <summary>
/// <c>org.chromium.VmCicerone</c> and vmtools' own interface on the bus: their methods, group by group, and who may call them.
/// </summary>
internal sealed partial class CiceroneObject(IReadOnlyList<IMethodGroup> groups, Func<CiceroneStatus> status, uint uid, ILogger log)
{
    public ServedObject Build() => new(CiceroneBus.Path,
    [
        new ServedInterface(CiceroneBus.Interface, [.. groups.SelectMany(group => group.Methods)], ContainerSignals.Signals),
        new ServedInterface(
            CiceroneBus.OwnInterface,
            [
                .. groups.SelectMany(group => group.OwnMethods),
                OwnedObject.Status(status, CiceroneStatusJson.Default.CiceroneStatus),
            ],
            [
                new ServedSignal(CiceroneBus.CrashReportedSignal, "sssss")
                {
                    Names = ["owner_id", "vm_name", "report_id", "executable", "sentence"],
                },
                new ServedSignal(CiceroneBus.ExportProgressSignal, "sssttt")
                {
                    Names = ["owner_id", "vm_name", "container_name", "bytes_read", "bytes_readable", "bytes_written"],
                },
            ]),
    ])
    {
        Admits = OwnedObject.AdmitsOnly(uid),
        HandlerFaulted = LogFault,
    };

    [LoggerMessage(3308, LogLevel.Error, "{Member} failed")]
    private partial void LogFault(string member, Exception defect);
}

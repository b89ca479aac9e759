using System.Text;
using Microsoft.Extensions.Logging;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.CommandLine;
using VmTools.Host.Instance;

namespace VmTools.Host.Concierge.Api;

/// <summary>
/// <c>org.chromium.VmConcierge</c> and vmtools' own interface on the bus: their methods, group by group, and who may call them.
/// </summary>
internal sealed partial class ConciergeObject(IReadOnlyList<IMethodGroup> groups, DaemonRecord self, uint uid, ILogger log)
{
    public ServedObject Build() => new(ConciergeBus.Path,
    [
        new ServedInterface(ConciergeBus.Interface, [.. groups.SelectMany(group => group.Methods)], VmEventSignals.Signals),
        new ServedInterface(
            ConciergeBus.OwnInterface, [.. groups.SelectMany(group => group.OwnMethods), .. InstanceMethods()], VmEventSignals.OwnSignals),
    ])
    {
        Admits = OwnedObject.AdmitsOnly(uid),
        HandlerFaulted = LogFault,
    };

    private IEnumerable<ServedMethod> InstanceMethods()
    {
        yield return new ServedMethod("Version", "", "s", static (_, _) => Task.FromResult(BusBody.Of(ProgramVersion.Text)))
        {
            OutNames = ["version"],
        };
        yield return new ServedMethod(
            ConciergeBus.InstanceMember, "", "s", (_, _) => Task.FromResult(BusBody.Of(Encoding.UTF8.GetString(self.ToJson()))))
        {
            OutNames = ["record"],
        };
    }

    [LoggerMessage(3050, LogLevel.Error, "{Member} failed")]
    private partial void LogFault(string member, Exception defect);
}

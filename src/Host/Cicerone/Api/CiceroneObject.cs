using Google.Protobuf;
using Microsoft.Extensions.Logging;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Cicerone.Crashes;
using VmTools.Host.Cicerone.Vms;
using VmTools.Host.Vms;
using VmTools.Protocol;
using VmTools.Protocol.Messages;
using VmTools.Protocol.Messages.Cicerone;

namespace VmTools.Host.Cicerone.Api;

/// <summary><c>org.chromium.VmCicerone</c> on the bus: which members there are, who may call them, and how bytes become messages.</summary>
internal sealed partial class CiceroneObject(NotifyVms notify, Func<CiceroneStatus> status, uint uid, ILogger log)
{
    public ServedObject Build() => new(CiceroneBus.Path,
    [
        new ServedInterface(CiceroneBus.Interface, [.. Methods()], []),
        new ServedInterface(CiceroneBus.OwnInterface, [OwnedObject.Status(status, CiceroneStatusJson.Default.CiceroneStatus)],
        [
            new ServedSignal(CiceroneBus.CrashReportedSignal, "sssss")
            {
                Names = ["owner_id", "vm_name", "report_id", "executable", "sentence"],
            },
        ]),
    ])
    {
        Admits = OwnedObject.AdmitsOnly(uid),
        HandlerFaulted = LogFault,
    };

    private IEnumerable<ServedMethod> Methods()
    {
        yield return Method("NotifyVmStarted", NotifyVmStartedRequest.Parser, request =>
            notify.Started(new KnownVm(VmId.Parse(request.OwnerId, request.VmName), new Cid(request.Cid))));
        yield return Method("NotifyVmStopping", NotifyVmStoppingRequest.Parser, request =>
            notify.Stopping(VmId.Parse(request.OwnerId, request.VmName)));
        yield return Method("NotifyVmStopped", NotifyVmStoppedRequest.Parser, request =>
            notify.Stopped(VmId.Parse(request.OwnerId, request.VmName)));
    }

    /// <summary>The answer is the empty message, whether the VM was known or not, as in the original.</summary>
    private static ServedMethod Method<TRequest>(string member, MessageParser<TRequest> parser, Action<TRequest> run)
        where TRequest : IMessage<TRequest> =>
        OwnedObject.Method(member, parser, BusErrors.InvalidArgs, (request, _) =>
        {
            run(request);
            return Task.FromResult(new EmptyMessage());
        });

    [LoggerMessage(3308, LogLevel.Error, "{Member} failed")]
    private partial void LogFault(string member, Exception defect);
}

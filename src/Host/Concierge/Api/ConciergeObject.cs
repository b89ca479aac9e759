using System.Text;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.CommandLine;
using VmTools.Host.Instance;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Concierge;

namespace VmTools.Host.Concierge.Api;

/// <summary>
/// <c>org.chromium.VmConcierge</c> on the bus: which members there are, who may call them, and how bytes become messages.
/// What a member does stands in <see cref="VmMethods"/> and <see cref="DiskMethods"/>.
/// </summary>
internal sealed partial class ConciergeObject(VmMethods vms, LogMethods logs, DiskMethods disks, DaemonRecord self, uint uid, ILogger log)
{

    private static readonly ServedSignal[] Signals =
    [
        new("VmStartingUpSignal", "ay"),
        new("VmStartedSignal", "ay"),
        new("VmStoppingSignal", "ay"),
        new("VmStoppedSignal", "ay"),
        new("VmInstallStateSignal", "ay"),
    ];

    private static readonly ServedSignal[] OwnSignals =
    [
        Sentence(ConciergeBus.StartStepSignal),
        Sentence(ConciergeBus.StopStepSignal),
        Sentence(ConciergeBus.EndedSignal),
        new(ConciergeBus.StateChangedSignal, "ssss") { Names = ["owner_id", "name", "state", "reason"] },
    ];

    public ServedObject Build() => new(ConciergeBus.Path,
    [
        new ServedInterface(ConciergeBus.Interface, [.. Methods()], Signals),
        new ServedInterface(ConciergeBus.OwnInterface, [.. OwnMethods()], OwnSignals),
    ])
    {
        Admits = Admits,
        HandlerFaulted = LogFault,
    };

    private static ServedSignal Sentence(string member) => new(member, "sss") { Names = ["owner_id", "name", "sentence"] };

    /// <summary>A user's instance is that user's and root's alone; the system's instance leaves it to the bus policy.</summary>
    private bool Admits(BusCaller caller) => uid == 0 || caller.Uid == uid || caller.Uid == 0;

    private IEnumerable<ServedMethod> Methods()
    {
        yield return new ServedMethod("StartVm", "ayah", "ay", async (request, cancel) =>
            BusBody.Of((await vms.StartAsync(Read(StartVmRequest.Parser, request), request.Body.Fds(1), StartExtras.None, cancel)).ToByteArray()));
        yield return Method("StopVm", StopVmRequest.Parser, vms.StopAsync);
        yield return Method("StopVmWithoutOwnerId", StopVmRequest.Parser, vms.StopWithoutOwnerAsync);
        yield return Method("GetVmInfo", GetVmInfoRequest.Parser, vms.InfoAsync);
        yield return Method("ListVms", ListVmsRequest.Parser, vms.ListAsync);
        yield return new ServedMethod("GetVmLogs", "ay", "ay", async (request, cancel) =>
            BusBody.Of(await logs.AnswerAsync(Read(GetVmLogsRequest.Parser, request), cancel)));
        yield return Method("CreateDiskImage", CreateDiskImageRequest.Parser, disks.CreateAsync) with { In = "ayah" };
        yield return Method("DestroyDiskImage", DestroyDiskImageRequest.Parser, disks.DestroyAsync);
        yield return Method("ListVmDisks", ListVmDisksRequest.Parser, disks.ListAsync);
        yield return new ServedMethod("StopAllVms", "", "", async (_, cancel) =>
        {
            await vms.StopAllAsync(cancel);
            return BusBody.Empty;
        });
        yield return new ServedMethod("SyncVmTimes", "", "ay", async (_, cancel) => BusBody.Of((await vms.SyncTimesAsync(cancel)).ToByteArray()));
    }

    /// <summary>What the original's messages have no field for.</summary>
    private IEnumerable<ServedMethod> OwnMethods()
    {
        yield return new ServedMethod("StartVm", "ayahub", "ay", async (request, cancel) =>
        {
            var extras = new StartExtras(request.Body.Number(2), request.Body.Flag(3)) { MayMakeDisk = true };
            return BusBody.Of((await vms.StartAsync(Read(StartVmRequest.Parser, request), request.Body.Fds(1), extras, cancel)).ToByteArray());
        })
        {
            InNames = ["request", "descriptors", "memory_mib", "host_loopback"],
            OutNames = ["response"],
        };
        yield return new ServedMethod(ConciergeBus.StopMember, "ayb", "aybs", async (request, cancel) =>
        {
            var (response, forced) = await vms.StopAsync(Read(StopVmRequest.Parser, request), request.Body.Flag(1), cancel);
            return BusBody.Of(response.ToByteArray()).Add(forced.Length > 0).Add(forced);
        })
        {
            InNames = ["request", "force"],
            OutNames = ["response", "was_forced", "sentence"],
        };
        yield return new ServedMethod(ConciergeBus.StatesMember, "s", "s", (request, _) => Task.FromResult(BusBody.Of(States(request.Body.Text(0)))))
        {
            InNames = ["owner_id"],
            OutNames = ["states_json"],
        };
        yield return new ServedMethod("Version", "", "s", static (_, _) => Task.FromResult(BusBody.Of(ProgramVersion.Text)))
        {
            OutNames = ["version"],
        };
        yield return new ServedMethod(ConciergeBus.InstanceMember, "", "s", (_, _) => Task.FromResult(BusBody.Of(Encoding.UTF8.GetString(self.ToJson()))))
        {
            OutNames = ["record"],
        };
    }

    private string States(string owner)
    {
        try
        {
            return vms.States(owner);
        }
        catch (VmToolsException refused)
        {
            throw new DBusException(BusErrors.InvalidArgs, refused.Message, refused);
        }
    }

    private static ServedMethod Method<TRequest, TReply>(
        string member, MessageParser<TRequest> parser, Func<TRequest, CancellationToken, Task<TReply>> run)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage =>
        new(member, "ay", "ay", async (request, cancel) =>
        {
            try
            {
                return BusBody.Of((await run(Read(parser, request), cancel)).ToByteArray());
            }
            catch (VmToolsException refused)
            {
                // Only the members whose answer has no field for a reason let an expected failure come this far.
                throw new DBusException(BusErrors.Failed, refused.Message, refused);
            }
        });

    private static T Read<T>(MessageParser<T> parser, BusRequest request)
        where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(request.Body.Bytes(0).Span);
        }
        catch (InvalidProtocolBufferException garbled)
        {
            throw new DBusException(BusErrors.InvalidArgs, $"The argument of {request.Member} is not the message it should be.", garbled);
        }
    }

    [LoggerMessage(3050, LogLevel.Error, "{Member} failed")]
    private partial void LogFault(string member, Exception defect);
}

using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Cicerone.Containers;
using VmTools.Host.Cicerone.Transfers;
using VmTools.Host.Cicerone.Tremplin;
using VmTools.Host.Cicerone.Vms;
using VmTools.Host.Vms;
using VmTools.Protocol;

namespace VmTools.Host.Cicerone.Api;

/// <summary>
/// Files that go to and from a VM's container host, by descriptors that the client gives. A call answers when all has gone over, and ends
/// with its client.
/// </summary>
internal sealed class TransferMethods(VmLookup vms, TremplinConnector tremplins, ClientPresence presence) : IMethodGroup
{
    private const int BufferBytes = 256 * 1024;

    public IEnumerable<ServedMethod> Methods => [];

    public IEnumerable<ServedMethod> OwnMethods =>
    [
        new(CiceroneBus.ReceiveFileMember, "ssth", "s", (request, cancel) => WhileClientStaysAsync(request, ReceiveFileAsync, cancel))
        {
            InNames = ["owner_id", "vm_name", "bytes", "input"],
            OutNames = ["path"],
        },
    ];

    private async Task<BusBody> ReceiveFileAsync(BusRequest request, CancellationToken cancel)
    {
        using var input = new GivenDescriptor(request.Body.TakeFds(3)[0]);
        using var files = tremplins.ConnectForFiles(Find(request).Cid);
        var received = await files.ReceiveAsync(request.Body.LongNumber(2), input.ReadAsync, new byte[BufferBytes], cancel);
        return BusBody.Of(CleanText.Word(received.Path));
    }

    private async Task<BusBody> WhileClientStaysAsync(
        BusRequest request, Func<BusRequest, CancellationToken, Task<BusBody>> work, CancellationToken cancel)
    {
        try
        {
            return await presence.WhileAsync(request.Caller, over => work(request, over), cancel);
        }
        catch (VmToolsException refused)
        {
            throw new DBusException(BusErrors.Failed, refused.Message, refused);
        }
        catch (OperationCanceledException ended)
        {
            throw new DBusException(BusErrors.Failed, $"{request.Member} was broken off.", ended);
        }
    }

    /// <exception cref="VmToolsException">The VM is not there, or has no containers.</exception>
    private KnownVm Find(BusRequest request)
    {
        var (owner, name) = (request.Body.Text(0), request.Body.Text(1));
        var vm = vms.Find(owner, name) ?? throw new VmToolsException(ErrorKind.NotFound, Refusals.UnknownVm(name));
        return vm.Type.HasContainers() ? vm : throw new VmToolsException(ErrorKind.FailedPrecondition, Refusals.NoContainers(name));
    }
}

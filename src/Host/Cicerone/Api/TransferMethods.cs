using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Cicerone.Containers;
using VmTools.Host.Cicerone.Transfers;
using VmTools.Host.Cicerone.Tremplin;
using VmTools.Host.Cicerone.Vms;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Containers;

namespace VmTools.Host.Cicerone.Api;

/// <summary>
/// Files that go to and from a VM's container host, by descriptors that the client gives. A call answers when all has gone over, and ends
/// with its client.
/// </summary>
internal sealed class TransferMethods(VmLookup vms, TremplinConnector tremplins, ClientPresence presence, ExportSignals signals)
    : IMethodGroup
{
    private const int BufferBytes = 256 * 1024;

    private static readonly Dictionary<string, Compression> Compressions = new(StringComparer.Ordinal)
    {
        [""] = Compression.Uncompressed,
        ["zstd"] = Compression.Zstd,
        ["gzip"] = Compression.Gzip,
    };

    public IEnumerable<ServedMethod> Methods => [];

    public IEnumerable<ServedMethod> OwnMethods =>
    [
        new(CiceroneBus.ReceiveFileMember, "ssth", "s", (request, cancel) => WhileClientStaysAsync(request, ReceiveFileAsync, cancel))
        {
            InNames = ["owner_id", "vm_name", "bytes", "input"],
            OutNames = ["path"],
        },
        new(CiceroneBus.ExportContainerMember, "ssssh", "t", (request, cancel) => WhileClientStaysAsync(request, ExportAsync, cancel))
        {
            InNames = ["owner_id", "vm_name", "container_name", "compression", "output"],
            OutNames = ["bytes"],
        },
    ];

    private async Task<BusBody> ReceiveFileAsync(BusRequest request, CancellationToken cancel)
    {
        using var input = new GivenDescriptor(request.Body.TakeFds(3)[0]);
        using var files = tremplins.ConnectForFiles(Find(request).Cid);
        var received = await files.ReceiveAsync(request.Body.LongNumber(2), input.ReadAsync, new byte[BufferBytes], cancel);
        return BusBody.Of(CleanText.Word(received.Path));
    }

    private async Task<BusBody> ExportAsync(BusRequest request, CancellationToken cancel)
    {
        using var output = new GivenDescriptor(request.Body.TakeFds(4)[0]);
        var vm = Find(request);
        if (!ContainerName.TryParse(request.Body.Text(2), out var name))
        {
            throw new VmToolsException(ErrorKind.InvalidArgument, Refusals.BadName(request.Body.Text(2)));
        }

        if (!Compressions.TryGetValue(request.Body.Text(3), out var compression))
        {
            throw new VmToolsException(ErrorKind.InvalidArgument, "The compression is none of \"\", \"zstd\" and \"gzip\".");
        }

        using var files = tremplins.ConnectForFiles(vm.Cid);
        var progress = signals.For(vm.Id, name);
        ulong written = 0;
        await files.SendAsync(
            name,
            compression,
            async (chunk, over) =>
            {
                await output.WriteAsync(chunk.Content.Memory, over);
                written += (ulong)chunk.Content.Length;
                progress.Tell(chunk.ReadBytes, chunk.ReadableBytes, written);
            },
            cancel);
        return new BusBody().Add(written);
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

    private KnownVm Find(BusRequest request) => VmsWithContainers.Expect(vms, request.Body.Text(0), request.Body.Text(1));
}

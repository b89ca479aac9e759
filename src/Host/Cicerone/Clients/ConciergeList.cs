using Google.Protobuf;
using Microsoft.Extensions.Logging;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Cicerone.Vms;
using VmTools.Host.Instance;
using VmTools.Host.Vms;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Concierge;

namespace VmTools.Host.Cicerone.Clients;

/// <summary>
/// Keeps the table in step with vm_concierge over restarts of either: reads its list when we start and whenever it comes, also while
/// it goes on telling us of single VMs. <paramref name="came"/> is run for each VM of which only the list told; it does not fail.
/// </summary>
internal sealed partial class ConciergeList(
    BusConnection bus, VmTable vms, HostInstance instance, Func<KnownVm, CancellationToken, Task> came, ILogger log) : IAsyncDisposable
{
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _ending = new();
    private Task _following = Task.CompletedTask;

    /// <summary>Returns once the list is read, or cannot be.</summary>
    public async Task StartAsync()
    {
        var watch = await bus.Names.WatchAsync(ConciergeBus.Name, _ending.Token);
        if (await bus.Names.HasOwnerAsync(ConciergeBus.Name, _ending.Token))
        {
            await ReadAsync();
        }

        _following = FollowAsync(watch);
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _following;
        _ending.Dispose();
    }

    private async Task FollowAsync(BusSubscription watch)
    {
        await using var ours = watch;
        try
        {
            await foreach (var signal in watch.ReadAllAsync(_ending.Token))
            {
                if (BusNames.ChangeIn(signal).NewOwner is not null)
                {
                    await ReadAsync();
                }
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or DBusException)
        {
            // We end, or the bus has gone, which ends us.
        }
    }

    private async Task ReadAsync()
    {
        vms.BeginReading();
        try
        {
            List<KnownVm> list = [];
            foreach (var owner in new RunningVms(instance.Directories.Records).Owners.Append(instance.Owner).Distinct())
            {
                list.AddRange(await ReadAsync(owner));
            }

            foreach (var vm in vms.Replace(list))
            {
                await came(vm, _ending.Token);
            }
        }
        catch (Exception refused) when (refused is DBusException or TimeoutException or InvalidProtocolBufferException or VmToolsException)
        {
            LogUnread(refused.Message);
        }
    }

    private async Task<IEnumerable<KnownVm>> ReadAsync(OwnerId owner)
    {
        using var request = BusBody.Of(new ListVmsRequest { OwnerId = owner.Value }.ToByteArray());
        using var answer = await bus.CallAsync(
            new BusCall(ConciergeBus.Name, ConciergeBus.Path, ConciergeBus.Interface, "ListVms")
            {
                Body = request,
                Limit = CallLimit,
                MayActivate = false
            },
            _ending.Token);
        return [.. ListVmsResponse.Parser.ParseFrom(answer.Bytes(0).Span).Vms.Where(vm => vm.Status == VmStatus.Running).Select(KnownOf)];
    }

    private static KnownVm KnownOf(ExtendedVmInfo vm) => new(VmId.Parse(vm.OwnerId, vm.Name), new Cid((uint)vm.VmInfo.Cid))
    {
        Type = (VmType)(int)vm.VmInfo.VmType,
    };

    [LoggerMessage(3309, LogLevel.Warning, "vm_concierge's list of VMs could not be read: {Why}")]
    private partial void LogUnread(string why);
}

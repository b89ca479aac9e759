using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Cicerone.Containers;
using VmTools.Host.Vms;

namespace VmTools.Host.Cicerone.Api;

/// <summary>Tells the bus how far exports are, a few times a second each.</summary>
internal sealed class ExportSignals(BusConnection bus, TimeProvider clock)
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(500);

    /// <summary>Of one export.</summary>
    public ExportProgress For(VmId vm, ContainerName name)
    {
        long? last = null;
        return new ExportProgress((read, readable, written) =>
        {
            if (last is { } time && clock.GetElapsedTime(time) < Beat)
            {
                return;
            }

            last = clock.GetTimestamp();
            bus.EmitSignal(
                CiceroneBus.Path, CiceroneBus.OwnInterface, CiceroneBus.ExportProgressSignal,
                new BusBody().Add(vm.Owner.Value).Add(vm.Name.Value).Add(name.Value).Add(read).Add(readable).Add(written));
        });
    }
}

/// <summary>How far one export is: bytes read, bytes to be read, bytes written.</summary>
internal readonly record struct ExportProgress(Action<ulong, ulong, ulong> Tell);

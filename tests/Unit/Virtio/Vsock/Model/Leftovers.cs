using VmTools.Virtio.Vsock.Connections;

namespace VmTools.Unit.Virtio.Vsock.Model;

/// <summary>The connections that a run of the model left behind, as device and model see them.</summary>
internal static class Leftovers
{
    public static string Describe(ConnectionTable table, List<ModelStream> streams) =>
        string.Join("; ", Enumerable.Range(0, table.Slots).Select(table.At).OfType<VsockConnection>().Select(left =>
            $"{left.Key} {left.State} guest said {left.GuestShutdown}, we {left.OurShutdown}, told {left.ToldShutdown}, "
            + $"to the guest {left.GuestBound.State}, to the host {left.HostBound.State}, "
            + $"outstanding {left.GuestBound.Credit.Outstanding} in {left.GuestBound.Credit.PacketsOutstanding}, "
            + $"free {left.GuestBound.Credit.Free}; model: "
            + string.Join(" ", streams.Where(stream => stream.GuestPort == left.Key.GuestPort).Select(stream =>
                $"open {stream.Open}, guest gone {stream.GuestGone}, said {stream.GuestSaid}, heard {stream.GuestHeard}, "
                + $"excuses {stream.GuestExcused}/{stream.HostExcused}"))));
}

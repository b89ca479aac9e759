using System.Globalization;

namespace VmTools.Bench;

/// <summary>Many bytes through vsh against the same number over a raw vsock connection; speeds compared.</summary>
internal static class BulkBench
{
    private const int Rounds = 5;
    private const long Bytes = 64 << 20;

    public static async Task<IReadOnlyList<Promise>> RunAsync(GuestPeers peers, CancellationToken cancel)
    {
        var tool = peers.Instance.Tool;
        var count = Bytes.ToString(CultureInfo.InvariantCulture);
        var file = peers.Instance.Scratch("zeros");
        await tool.RunAsync(["truncate", "-s", count, file], cancel);
        Samples vshIn = new(), rawIn = new(), vshOut = new(), rawOut = new();
        for (var round = 0; round < Rounds; round++)
        {
            vshIn.Add(await tool.TimeAsync(peers.Instance.Vsh("sh", "-c", "cat >/dev/null"), file, cancel));
            rawIn.Add(await tool.TimeAsync(peers.Client(peers.VsockAddress, "send", count), cancel));
            vshOut.Add(await tool.TimeAsync(peers.Instance.Vsh("head", "-c", count, "/dev/zero"), cancel));
            rawOut.Add(await tool.TimeAsync(peers.Client(peers.VsockAddress, "receive", count), cancel));
        }

        return
        [
            Promise.AtLeast("bulk into the guest, vsh against raw vsock (speed)", rawIn.Median / vshIn.Median, 0.8),
            Promise.AtLeast("bulk out of the guest, vsh against raw vsock (speed)", rawOut.Median / vshOut.Median, 0.8),
        ];
    }
}

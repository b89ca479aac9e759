namespace VmTools.Bench;

/// <summary>The whole benchmark, in the order of the table.</summary>
internal static class Measurement
{
    public static async Task<IReadOnlyList<Promise>> RunAsync(string root, CancellationToken cancel)
    {
        await using var instance = new BenchInstance(root);
        await instance.WakeAsync(cancel);
        List<Promise> promises = [];
        Report("starting VMs, by vm_concierge and bare");
        promises.AddRange(await StartBench.RunAsync(instance, cancel));
        var peers = await GuestPeers.StartAsync(instance, cancel);
        Report("programs through vsh, ssh and a raw exec server");
        promises.AddRange(await ExecBench.RunAsync(peers, cancel));
        Report("bulk through vsh and raw vsock");
        promises.AddRange(await BulkBench.RunAsync(peers, cancel));
        Report("raw vsock, user-mode TCP and a pair of sockets");
        promises.AddRange(await StreamBench.RunAsync(peers, cancel));
        Report("memory and idleness");
        promises.AddRange(await FootprintBench.RunAsync(instance, cancel));
        await instance.StopVmAsync(cancel);
        return promises;
    }

    private static void Report(string what) => Console.Error.WriteLine($"measuring: {what}");
}

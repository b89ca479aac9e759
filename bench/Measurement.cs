namespace VmTools.Bench;

/// <summary>The whole benchmark, in the order of the table.</summary>
internal static class Measurement
{
    /// <summary>What can be asked for by name; each part starts VMs of its own.</summary>
    private static readonly IReadOnlyDictionary<string, Func<string, CancellationToken, Task<IReadOnlyList<Promise>>>> Parts =
        new Dictionary<string, Func<string, CancellationToken, Task<IReadOnlyList<Promise>>>>
        {
            ["vm"] = VmAsync,
            ["logs"] = LogsAsync,
        };

    /// <param name="root">Of the project.</param>
    /// <param name="wanted">Names of parts; none means all.</param>
    /// <param name="cancel">Ends it.</param>
    public static async Task<IReadOnlyList<Promise>> RunAsync(string root, IReadOnlyList<string> wanted, CancellationToken cancel)
    {
        if (wanted.FirstOrDefault(name => !Parts.ContainsKey(name)) is { } unknown)
        {
            throw new BenchException($"There is no part '{unknown}'; there are: {string.Join(", ", Parts.Keys)}.");
        }

        List<Promise> promises = [];
        foreach (var part in Parts.Where(part => wanted.Count == 0 || wanted.Contains(part.Key)))
        {
            promises.AddRange(await part.Value(root, cancel));
        }

        return promises;
    }

    private static async Task<IReadOnlyList<Promise>> VmAsync(string root, CancellationToken cancel)
    {
        await using var instance = new BenchInstance(root);
        await instance.WakeAsync(cancel);
        List<Promise> promises = [];
        Report("a core into a minidump and into cat");
        promises.AddRange(await CrashBench.RunAsync(instance, cancel));
        Report("starting VMs, by vm_concierge and bare");
        promises.AddRange(await StartBench.RunAsync(root, instance, cancel));
        var peers = await GuestPeers.StartAsync(instance, cancel);
        Report("programs through vsh, ssh and a raw exec server");
        promises.AddRange(await ExecBench.RunAsync(peers, cancel));
        Report("bulk through vsh and raw vsock");
        promises.AddRange(await BulkBench.RunAsync(peers, cancel));
        Report("raw vsock, user-mode TCP and a pair of sockets");
        promises.AddRange(await StreamBench.RunAsync(peers, cancel));
        Report("a program that dies, until its report is here");
        promises.AddRange(await CrashReportBench.RunAsync(instance, cancel));
        Report("memory and idleness");
        promises.AddRange(await FootprintBench.RunAsync(instance, cancel));
        await instance.StopVmAsync(cancel);
        return promises;
    }

    private static async Task<IReadOnlyList<Promise>> LogsAsync(string root, CancellationToken cancel)
    {
        Report("logs, and rsyslog");
        var logs = await LogBench.RunAsync(root, cancel);
        Report("a VM that floods its log for a minute");
        return [.. logs, .. await LogFloodBench.RunAsync(root, cancel)];
    }

    private static void Report(string what) => Console.Error.WriteLine($"measuring: {what}");
}

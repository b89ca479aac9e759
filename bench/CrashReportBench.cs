namespace VmTools.Bench;

/// <summary>A program dies in the guest: from vsh, which has it killed, until its report is whole on the host, beside vsh alone.</summary>
internal static class CrashReportBench
{
    private const int Rounds = 8;

    /// <summary>What the collector counts of crash loops is forgotten, as each round is to be reported.</summary>
    private const string Forget = "rm -f /run/crash_collector/rate; ";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(1);

    public static async Task<IReadOnlyList<Promise>> RunAsync(BenchInstance instance, CancellationToken cancel)
    {
        Samples crash = new(), plain = new();
        for (var round = 0; round < Rounds; round++)
        {
            plain.Add(await instance.Tool.TimeAsync(instance.VshAsRoot("sh", "-c", Forget + "sh -c true; true"), cancel));
            crash.Add(await TimeOfReportAsync(instance, cancel));
        }

        return
        [
            Promise.Without(
                "a program dies in the VM until its report is on the host, against the same line of vsh without a death",
                crash.Median / plain.Median),
        ];
    }

    private static async Task<double> TimeOfReportAsync(BenchInstance instance, CancellationToken cancel)
    {
        var before = Reports(instance);
        var began = TimeProvider.System.GetTimestamp();
        await instance.Tool.RunAsync(instance.VshAsRoot("sh", "-c", Forget + "sh -c 'kill -SEGV $$'; true"), cancel);
        while (Reports(instance) == before)
        {
            if (TimeProvider.System.GetElapsedTime(began) > Patience)
            {
                throw new BenchException($"a program died in the VM and no report came within {Patience.TotalSeconds} s");
            }

            await Task.Delay(Look, TimeProvider.System, cancel);
        }

        return TimeProvider.System.GetElapsedTime(began).TotalNanoseconds;
    }

    private static int Reports(BenchInstance instance) => Directory.GetFiles(instance.State, "*.meta", SearchOption.AllDirectories).Length;
}

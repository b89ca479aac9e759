namespace VmTools.Bench;

/// <summary>Memory after all that work, and what an idle VM costs: CPU time and wake-ups over ten seconds.</summary>
internal static class FootprintBench
{
    /// <summary>In ten seconds: Kestrel's clock ticks once a second in every gRPC server, for one thread or two.</summary>
    private const double ServerWakeUps = 20;

    /// <summary>The same in the guest, in which the figures are read besides.</summary>
    private const double GuestWakeUps = 30;

    /// <summary>vm_concierge knocks at each guest every ten seconds, by way of its device: a VM that hangs must be noticed.</summary>
    private const double KnockWakeUps = 40;

    private const double CpuSeconds = 0.02;

    /// <summary>What a guest still has to log comes within five seconds, and the last connections end.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(10);

    public static async Task<IReadOnlyList<Promise>> RunAsync(BenchInstance instance, CancellationToken cancel)
    {
        var concierge = instance.Process("vm_concierge");
        var device = instance.Process("vm_vsock");
        var forwarder = instance.Process("vmlog_forwarder");
        var cicerone = instance.Process("vm_cicerone");
        var maitred = await instance.Tool.RunAsync(instance.VshAsRoot("cat", "/proc/1/status"), cancel);
        await Task.Delay(Rest, TimeProvider.System, cancel);
        HostProcess[] processes = [concierge, device, forwarder, cicerone];
        var before = processes.Select(process => (process.CpuSeconds(), process.Switches())).ToArray();
        await Task.Delay(Idle, TimeProvider.System, cancel);
        var after = processes.Select(process => (process.CpuSeconds(), process.Switches())).ToArray();
        return
        [
            Promise.Amount("vm_concierge, resident", concierge.ResidentMiB(), "MiB", 40),
            Promise.Amount("vm_vsock, resident, the guest's shared memory left out", PrivateMiB(device), "MiB", 12),
            Promise.Amount("vmlog_forwarder, resident", forwarder.ResidentMiB(), "MiB", 64),
            Promise.Amount("vm_cicerone, resident", cicerone.ResidentMiB(), "MiB", 64),
            Promise.Amount("maitred, resident", HostProcess.ResidentMiB(maitred), "MiB", 25),
            .. Idleness("vm_concierge", before[0], after[0], KnockWakeUps),
            .. Idleness("vm_vsock", before[1], after[1], KnockWakeUps),
            .. Idleness("vmlog_forwarder", before[2], after[2], ServerWakeUps),
            .. Idleness("vm_cicerone", before[3], after[3], ServerWakeUps),
            .. await GuestIdleAsync(instance, cancel),
        ];
    }

    private static IReadOnlyList<Promise> Idleness(
        string program, (double Cpu, IReadOnlyDictionary<string, double> Switches) before,
        (double Cpu, IReadOnlyDictionary<string, double> Switches) after, double wakeUps) =>
    [
        Promise.Amount($"{program}, idle: CPU", after.Cpu - before.Cpu, "s in 10 s", CpuSeconds),
        Promise.Amount($"{program}, idle: wake-ups", HostProcess.WakeUps(before.Switches, after.Switches), "in 10 s", wakeUps),
    ];

    /// <summary>
    /// The guest's memory is mapped into the device and counts as shared there; the VMM is charged for it already.
    /// </summary>
    private static double PrivateMiB(HostProcess device)
    {
        var lines = File.ReadAllText($"/proc/{device.Pid}/status").Split('\n');
        double Field(string name) => double.Parse(
            lines.First(line => line.StartsWith(name, StringComparison.Ordinal)).Split(':')[1]
                .Replace("kB", "", StringComparison.Ordinal), null);
        return (Field("RssAnon") + Field("RssFile")) / 1024;
    }

    private static async Task<IReadOnlyList<Promise>> GuestIdleAsync(BenchInstance instance, CancellationToken cancel)
    {
        var reading = instance.VshAsRoot("sh", "-c", "cat /proc/1/task/*/status");
        var before = HostProcess.Switches(await instance.Tool.RunAsync(reading, cancel));
        await Task.Delay(Idle, TimeProvider.System, cancel);
        var after = HostProcess.Switches(await instance.Tool.RunAsync(reading, cancel));
        return [Promise.Amount("maitred, idle: wake-ups", HostProcess.WakeUps(before, after), "in 10 s", GuestWakeUps)];
    }
}

namespace VmTools.Bench;

/// <summary>A start through the daemon against the bare floor.</summary>
internal static class StartBench
{
    private const int Rounds = 5;

    /// <summary>Leaves the VM running.</summary>
    public static async Task<IReadOnlyList<Promise>> RunAsync(BenchInstance instance, CancellationToken cancel)
    {
        await instance.StartVmAsync(cancel);
        var floor = new FloorVm(instance, instance.Process("qemu-system"), instance.Process("vm_vsock"), TimeProvider.System);
        Samples ours = new(), bare = new();
        for (var round = 0; round < Rounds; round++)
        {
            await instance.StopVmAsync(cancel);
            bare.Add(await floor.StartAsync(cancel));
            ours.Add(await instance.StartVmAsync(cancel));
        }

        return [Promise.AtMost("StartVm, call to reply, against the bare floor", ours.Median / bare.Median, 1.25)];
    }
}

namespace VmTools.Bench;

/// <summary>
/// A start through the daemon against the bare floor. The floor's command lines are those of a VM in an instance of its own, whose VMM is
/// started by a script: such a VMM is not confined, and is given its files and sockets by path and not as descriptors.
/// </summary>
internal static class StartBench
{
    private const int Rounds = 5;

    /// <summary>Leaves the VM running.</summary>
    public static async Task<IReadOnlyList<Promise>> RunAsync(string root, BenchInstance instance, CancellationToken cancel)
    {
        await using var model = new BenchInstance(root, vmm: instance.Built("qemu"));
        await model.WakeAsync(cancel);
        await model.StartVmAsync(cancel);
        var floor = new FloorVm(model, model.Vmm(), model.Process("vm_vsock"), TimeProvider.System);
        await model.StopVmAsync(cancel);
        await instance.StartVmAsync(cancel);
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

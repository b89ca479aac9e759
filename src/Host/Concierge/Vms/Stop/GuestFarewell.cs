using VmTools.Host.Concierge.GuestAgent;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vms.Stop;

/// <summary>
/// Has a guest switch itself off:
/// 1. maitred is asked, and answers once everything in the guest has ended;
/// 2. when that takes a while, a second connection finds out whether maitred hears at all; if so it is waited for;
/// 3. a maitred that does not hear is passed by: a shell has the guest's kernel write the disks and switch off.
/// The end of the VMM, or a caller who does not want to wait, ends this at any step.
/// </summary>
internal sealed class GuestFarewell(IGuestConnector guests, TimeProvider clock)
{
    /// <summary>A guest with nothing special in it is gone by then.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>How long a maitred that serves may take for the smallest answer, emulated on a busy machine.</summary>
    public static readonly TimeSpan HearingLimit = TimeSpan.FromSeconds(8);

    /// <summary>How long the end of the guest's programs may take: maitred's own limits are below the half of it.</summary>
    public static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(30);

    /// <summary>How long a shell may take to start and to reach the kernel.</summary>
    public static readonly TimeSpan ShellLimit = TimeSpan.FromSeconds(8);

    public async Task<FarewellOutcome> RunAsync(ShutdownSpec spec)
    {
        if (spec.Force.IsCompleted)
        {
            return FarewellOutcome.Forced;
        }

        using var over = new CancellationTokenSource();
        var steps = StepsAsync(spec, over.Token);
        await Task.WhenAny(steps, spec.Vm.Vmm.Ended, spec.Force);
        await over.CancelAsync();
        var outcome = await steps;
        return spec.Force.IsCompleted && !spec.Vm.Vmm.Ended.IsCompleted ? FarewellOutcome.Forced : outcome;
    }

    private async Task<FarewellOutcome> StepsAsync(ShutdownSpec spec, CancellationToken cancel)
    {
        var cid = new Cid(spec.Vm.Record.Cid);

        // 1.
        spec.Step("Asking the guest to switch itself off");
        await using var guest = guests.Connect(cid);
        var asked = TryAsync(guest.ShutdownAsync, AnswerLimit, cancel);
        if (await WithinAsync(asked, Patience) && await asked)
        {
            return FarewellOutcome.Done;
        }

        if (cancel.IsCancellationRequested)
        {
            return FarewellOutcome.NoAnswer;
        }

        if (spec.Pause() is not null)
        {
            return FarewellOutcome.Paused;
        }

        // 2.
        spec.Step("Waiting for the guest's programs to end");
        await using var again = guests.Connect(cid);
        if (await TryAsync(again.AnswerAsync, HearingLimit, cancel))
        {
            var askedAgain = TryAsync(again.ShutdownAsync, AnswerLimit, cancel);
            return await EitherAsync(asked, askedAgain) ? FarewellOutcome.Done : FarewellOutcome.NoAnswer;
        }

        // 3.
        if (cancel.IsCancellationRequested)
        {
            return FarewellOutcome.NoAnswer;
        }

        spec.Step("The guest's agent does not answer; telling its kernel to write the disks and switch off");
        return await TryAsync(token => guests.SwitchOffByKernelAsync(cid, token), ShellLimit, cancel)
            ? FarewellOutcome.DoneByKernel
            : FarewellOutcome.NoAnswer;
    }

    /// <summary>False when it was refused, took too long, or is not wanted any more.</summary>
    private async Task<bool> TryAsync(Func<CancellationToken, Task> ask, TimeSpan limit, CancellationToken cancel)
    {
        using var late = new CancellationTokenSource(limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, late.Token);
        try
        {
            await ask(either.Token);
            return true;
        }
        catch (Exception refused) when (refused is VmToolsException or OperationCanceledException)
        {
            return false;
        }
    }

    private async Task<bool> WithinAsync(Task task, TimeSpan limit)
    {
        try
        {
            await task.WaitAsync(limit, clock);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private static async Task<bool> EitherAsync(Task<bool> first, Task<bool> second)
    {
        var early = await Task.WhenAny(first, second);
        return await early || await (early == first ? second : first);
    }
}

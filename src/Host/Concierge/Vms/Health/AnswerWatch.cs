using VmTools.Host.Concierge.GuestAgent;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vms.Health;

/// <summary>
/// Knocks at a guest's kernel now and then, so that a VM that hangs is noticed. It only tells: an emulated guest on a busy
/// machine may be slow, and no VM is ended for that.
/// </summary>
internal sealed class AnswerWatch(IGuestConnector guests, Cid cid, TimeProvider clock)
{
    /// <summary>Rare, because each knock wakes this process, the device and the guest.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <summary>Below the device's own limit of five seconds for a guest's answer, so that a refusal within it is the guest's.</summary>
    public static readonly TimeSpan KnockLimit = TimeSpan.FromSeconds(4);

    /// <summary>The pause between knocks that went unanswered.</summary>
    public static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(3);

    /// <summary>A guest that was silent for so long is told about: with the knock that finds it, within 30 s.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(24);

    /// <summary>A daemon that was itself stopped for a while missed only one knock.</summary>
    private const int FewestMissed = 2;

    /// <summary>Tells after each knock how long the guest has been silent, null where it answers, until it is cancelled.</summary>
    public async Task RunAsync(Func<bool> isPaused, Action<TimeSpan?> tell, CancellationToken cancel)
    {
        var heard = clock.GetTimestamp();
        var missed = 0;
        while (true)
        {
            await Task.Delay(missed == 0 ? Interval : RetryPause, clock, cancel);
            if (isPaused() || await AnswersAsync(cancel))
            {
                (heard, missed) = (clock.GetTimestamp(), 0);
                tell(null);
                continue;
            }

            missed++;
            var silence = clock.GetElapsedTime(heard);
            if (missed >= FewestMissed && silence >= Patience && !isPaused())
            {
                tell(silence);
            }
        }
    }

    private async Task<bool> AnswersAsync(CancellationToken cancel)
    {
        using var late = new CancellationTokenSource(KnockLimit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, late.Token);
        try
        {
            return await guests.AnswersAsync(cid, either.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return false;
        }
    }
}

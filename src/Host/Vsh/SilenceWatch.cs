using VmTools.Protocol;

namespace VmTools.Host.Vsh;

/// <summary>
/// Notices that a VM has stopped answering while vsh waits for it. A frozen VM keeps its connections, and the shell's protocol has
/// no ping; so after a while without a word the kernel in the VM is asked for one more connection, which it accepts without waking any
/// program. The watch tells and goes on watching: a VM that is paused comes back, and what is merely quiet is never ended.
/// </summary>
internal sealed class SilenceWatch(
    VshActivity activity, Func<CancellationToken, Task> connect, Func<string, ValueTask> tell, TimeProvider clock)
{
    /// <summary>Two questions, their limits and what lies between are less than half a minute together.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan BetweenQuestions = TimeSpan.FromSeconds(1);

    /// <summary>How messages name the VM, and the command that tells more about it.</summary>
    public required string Vm { get; init; }

    public required string NextStep { get; init; }

    /// <summary>An idle shell owes nothing before a key is pressed; a command owes its end.</summary>
    public required bool IsInteractive { get; init; }

    /// <summary>Until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        try
        {
            while (!cancel.IsCancellationRequested)
            {
                await WatchAsync(cancel);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The session is over.
        }
    }

    private async Task WatchAsync(CancellationToken cancel)
    {
        // Every session ends here, nearly always: an exception would cost a short one more than all else that is done for it.
        var rest = Quiet - activity.Quiet;
        await Task.Delay(rest > TimeSpan.Zero ? rest : Quiet, clock, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (cancel.IsCancellationRequested)
        {
            return;
        }

        if (activity.Quiet < Quiet)
        {
            await SetAsync(isUnanswered: false);
        }
        else if (!IsInteractive || activity.HasUnansweredInput || activity.IsUnanswered)
        {
            await SetAsync(!await AnswersAsync(cancel) && !await AnswersAgainAsync(cancel));
        }
    }

    private async Task<bool> AnswersAgainAsync(CancellationToken cancel)
    {
        await Task.Delay(BetweenQuestions, clock, cancel);
        return await AnswersAsync(cancel);
    }

    private async Task<bool> AnswersAsync(CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(AnswerLimit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, limit.Token);
        var asked = clock.GetTimestamp();
        try
        {
            await connect(either.Token);
            return true;
        }
        catch (VmToolsException refused)
        {
            // The VM refuses at once; what gives up after a wait is the device, or the host's kernel, in its place.
            return refused.Kind == ErrorKind.Unavailable && clock.GetElapsedTime(asked) < AnswerLimit / 2;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            return false;
        }
    }

    private async ValueTask SetAsync(bool isUnanswered)
    {
        if (activity.IsUnanswered == isUnanswered)
        {
            return;
        }

        activity.IsUnanswered = isUnanswered;
        await tell(isUnanswered
            ? $"VM {Vm} does not answer; vsh waits for it. {NextStep}Ctrl-C ends vsh."
            : $"VM {Vm} answers again.");
    }
}

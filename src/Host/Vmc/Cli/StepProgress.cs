using System.Globalization;
using VmTools.DBus;
using VmTools.Host.GuestText;
using VmTools.Host.Instance;

namespace VmTools.Host.Vmc.Cli;

/// <summary>
/// Shows on standard error which step the start or the stop of a VM or a container is in and for how long: on a terminal one line that is
/// rewritten, elsewhere one line a step.
/// </summary>
/// <param name="context">Where to write.</param>
/// <param name="name">The VM or the container; null shows the steps of all of the caller's VMs, each with its name.</param>
/// <param name="began">When the command did, by the context's clock, where it has done something before; null is now.</param>
internal sealed class StepProgress(VmcContext context, string? name, long? began = null) : IAsyncDisposable
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(250);

    private readonly long _start = began ?? context.Clock.GetTimestamp();
    private readonly CancellationTokenSource _ended = new();
    private readonly Lock _gate = new();
    private Task _following = Task.CompletedTask;
    private Task _beating = Task.CompletedTask;
    private string _step = "Asking vm_concierge";

    /// <summary>Begins to show the steps that the daemon announces; ends when this is disposed.</summary>
    public void Follow(BusSubscription steps, OwnerId owner)
    {
        _following = FollowAsync(steps, owner);
        Begin();
    }

    /// <summary>Begins to show the steps that the verb itself tells; ends when this is disposed.</summary>
    public void Begin()
    {
        if (context.Console.CanRewriteLine)
        {
            _beating = BeatAsync();
        }
    }

    /// <summary>The verb is in this step now.</summary>
    public void Step(string sentence) => Show(sentence);

    public async ValueTask DisposeAsync()
    {
        if (_ended.IsCancellationRequested)
        {
            return;
        }

        await _ended.CancelAsync();
        await _following;
        await _beating;
        _ended.Dispose();
        if (context.Console.CanRewriteLine)
        {
            context.Console.Error.Write(VmcConsole.EraseLine);
        }
    }

    private async Task FollowAsync(BusSubscription steps, OwnerId owner)
    {
        try
        {
            await foreach (var signal in steps.ReadAllAsync(_ended.Token))
            {
                if (signal.Body is { Signature: "sss" } body && body.Text(0) == owner.Value && (name is null || body.Text(1) == name))
                {
                    Show(SafeText.ForCell(name is null ? $"{body.Text(1)}: {body.Text(2)}" : body.Text(2)));
                }
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or DBusException)
        {
            // The call itself tells how it ended.
        }
    }

    private async Task BeatAsync()
    {
        using var timer = new PeriodicTimer(Beat, context.Clock);
        try
        {
            do
            {
                Show(null);
            }
            while (await timer.WaitForNextTickAsync(_ended.Token));
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }

    private void Show(string? step)
    {
        lock (_gate)
        {
            _step = step ?? _step;
            var elapsed = context.Clock.GetElapsedTime(_start).TotalSeconds;
            if (!context.Console.CanRewriteLine)
            {
                context.Console.Say(string.Create(CultureInfo.InvariantCulture, $"{elapsed,6:0.0} s  {_step}"));
                return;
            }

            var line = string.Create(
                CultureInfo.InvariantCulture, $"{(name is null ? "" : SafeText.ForCell(name) + ": ")}{_step} ({elapsed:0.0} s)");
            context.Console.Error.Write(VmcConsole.EraseLine + line[..Math.Min(line.Length, context.Console.Width - 1)]);
        }
    }
}

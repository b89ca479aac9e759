using System.CommandLine;
using VmTools.Host.Bus;
using VmTools.Host.Vmc.Cli;
using VmTools.Host.Vms;
using VmTools.Protocol;

namespace VmTools.Host.Vmc.Machines;

/// <summary>
/// <c>vmc stop</c>: one VM, or all of the caller's at once. The daemon's StopAllVms is not used for that, because by its
/// contract the daemon takes no VM after it. An end by force is a success and is told.
/// </summary>
internal sealed class StopVerb(VmcContext context, bool force, bool asJson)
{
    public static Command Build(VmcContext context)
    {
        var name = CommonOptions.Name();
        name.Arity = ArgumentArity.ZeroOrOne;
        var all = new Option<bool>("--all") { Description = "Stop every VM of yours." };
        var force = new Option<bool>("--force")
        {
            Description = "End it at once, without asking its guest; its disk is checked at the next start."
        };
        var json = CommonOptions.Json();
        var verb = new VerbCommand("stop", "Shuts a VM down.")
        {
            Examples = [
                new("vmc stop demo", "shut one VM down"),
                new("vmc stop --all", "shut all of yours down"),
                new("vmc stop demo --force", "end one that hangs"),
            ],
        };
        verb.Add(name);
        verb.Add(all);
        verb.Add(force);
        verb.Add(json);
        verb.Validators.Add(result =>
        {
            if (result.GetResult(name) is { Tokens.Count: > 0 } == result.GetValue(all))
            {
                result.AddError("'vmc stop' needs either NAME, the name of a VM, or --all.");
            }
        });
        verb.SetAction((parsed, cancel) => new StopVerb(context, parsed.GetValue(force), parsed.GetValue(json))
            .RunAsync(parsed.GetValue(all) ? null : parsed.GetValue(name), cancel));
        return verb;
    }

    private async Task<int> RunAsync(string? name, CancellationToken cancel)
    {
        await using var concierge = await context.ConnectAsync(cancel);
        var states = await concierge.StatesAsync(cancel);
        if (name is not null && states.GetValueOrDefault(name) is not { Ended: null })
        {
            throw new VmToolsException(
                ErrorKind.NotFound,
                $"VM '{VmNameRule.Shown(name)}' does not run. 'vmc list' shows your "
                + $"VMs.{VmNameRule.Reminder(name)}{LastPanic.Sentence(context, name)}");
        }

        var names = name is not null ? [name] : states.Values.Where(state => state.Ended is null).Select(state => state.Name).ToArray();
        var stops = await StopAsync(concierge, name, names, cancel);
        if (asJson)
        {
            Write(name, stops);
        }
        else
        {
            Tell(stops);
        }

        return stops.All(stop => stop.Stopped) ? ExitCode.Success : ExitCode.Failed;
    }

    private async Task<StoppedVm[]> StopAsync(ConciergeClient concierge, string? only, string[] names, CancellationToken cancel)
    {
        await using var steps = await concierge.SubscribeAsync(ConciergeBus.OwnInterface, ConciergeBus.StopStepSignal, cancel);
        await using var progress = new StepProgress(context, only);
        if (names.Length > 0)
        {
            progress.Follow(steps, concierge.Owner);
        }

        try
        {
            return await Task.WhenAll(names.Select(name => StopOneAsync(concierge, name, cancel)));
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            context.Console.ClearLine();
            context.Console.Say(
                $"Interrupted; {(only is null ? "the VMs go" : $"VM '{only}' goes")} on stopping in the background. "
                + "'vmc list' shows how far.");
            throw;
        }
    }

    private async Task<StoppedVm> StopOneAsync(ConciergeClient concierge, string name, CancellationToken cancel)
    {
        var (response, forced) = await concierge.StopAsync(name, force, cancel);
        return new StoppedVm(name, response.Success, forced.Length > 0)
        {
            Reason = response.Success ? forced is { Length: > 0 } ? forced : null : response.FailureReason,
        };
    }

    /// <summary>False where the VM runs on, of which the user has been told.</summary>
    public async Task<bool> StopAsync(ConciergeClient concierge, string name, CancellationToken cancel)
    {
        var stops = await StopAsync(concierge, name, [name], cancel);
        Tell(stops);
        return stops[0].Stopped;
    }

    private void Write(string? only, StoppedVm[] stops)
    {
        if (only is null)
        {
            context.Console.PrintJson<IReadOnlyList<StoppedVm>>(stops);
        }
        else
        {
            context.Console.PrintJson(stops[0]);
        }
    }

    private void Tell(StoppedVm[] stops)
    {
        foreach (var stop in stops)
        {
            if (stop.Reason is { } reason)
            {
                context.Console.Say($"vmc: {reason}");
            }

            if (stop.Stopped)
            {
                context.Console.Print($"VM '{stop.Name}' is stopped.");
            }
        }
    }
}

/// <summary>What came of the stop of one VM.</summary>
internal sealed record StoppedVm(string Name, bool Stopped, bool Forced)
{
    /// <summary>Why it had to be forced, or did not succeed.</summary>
    public string? Reason { get; init; }
}

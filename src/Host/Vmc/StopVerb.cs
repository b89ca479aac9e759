using System.CommandLine;
using VmTools.Host.Bus;
using VmTools.Host.Instance;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Concierge;

namespace VmTools.Host.Vmc;

/// <summary>
/// <c>vmc stop</c>: one VM, or all of the caller's at once. The daemon's StopAllVms is not used for that, because by its
/// contract the daemon takes no VM after it.
/// </summary>
internal sealed class StopVerb(VmcContext context)
{
    public static Command Build(VmcContext context)
    {
        var name = Words.Name();
        name.Arity = ArgumentArity.ZeroOrOne;
        var all = new Option<bool>("--all") { Description = "Stop every VM of yours." };
        var verb = new VerbCommand("stop", "Shuts a VM down.")
        {
            Examples = [new("vmc stop demo", "shut one VM down"), new("vmc stop --all", "shut all of yours down")],
        };
        verb.Add(name);
        verb.Add(all);
        verb.Validators.Add(result =>
        {
            if (result.GetResult(name) is { Tokens.Count: > 0 } == result.GetValue(all))
            {
                result.AddError("'vmc stop' needs either NAME, the name of a VM, or --all.");
            }
        });
        verb.SetAction((parsed, cancel) => new StopVerb(context).RunAsync(parsed.GetValue(all) ? null : parsed.GetValue(name), cancel));
        return verb;
    }

    private async Task<int> RunAsync(string? name, CancellationToken cancel)
    {
        await using var concierge = await context.ConnectAsync(cancel);
        if (name is null)
        {
            var vms = await concierge.VmsAsync(cancel);
            var outcomes = await Task.WhenAll(vms.Select(vm => StopAsync(concierge, vm.Name, cancel)));
            return outcomes.All(isStopped => isStopped) ? ExitCode.Success : ExitCode.Failed;
        }

        if (await concierge.InfoAsync(name, cancel) is null)
        {
            throw new VmToolsException(ErrorKind.NotFound, $"VM '{VmNameRule.Shown(name)}' does not run. 'vmc list' shows your VMs.{VmNameRule.Reminder(name)}{LastWords.Sentence(context, name)}");
        }

        return await StopAsync(concierge, name, cancel) ? ExitCode.Success : ExitCode.Failed;
    }

    /// <summary>False where the VM runs on, of which the user has been told.</summary>
    public async Task<bool> StopAsync(ConciergeClient concierge, string name, CancellationToken cancel)
    {
        SuccessFailureResponse response;
        try
        {
            response = await concierge.StopAsync(name, cancel);
        }
        catch (OperationCanceledException)
        {
            context.Console.ClearLine();
            context.Console.Say($"Interrupted; VM '{name}' goes on stopping in the background. 'vmc list' shows when it has stopped.");
            throw;
        }

        if (response.Success)
        {
            context.Console.Output.WriteLine($"VM '{name}' is stopped.");
        }
        else
        {
            context.Console.Say($"vmc: {response.FailureReason}");
        }

        return response.Success;
    }
}

using System.CommandLine;
using VmTools.Host.Vmc.Cli;

namespace VmTools.Host.Vmc.Containers;

/// <summary><c>vmc container delete</c>: asks first, because what was in the container cannot be had back.</summary>
internal sealed class ContainerDeleteVerb(VmcContext context, ContainerPlace place)
{
    public static Command Build(VmcContext context)
    {
        var names = ContainerArguments.Known();
        var yes = CommonOptions.Yes();
        var verb = new VerbCommand("delete", "Deletes a container with all its files, and stops it for that.")
        {
            Examples = [new("vmc container delete demo", "asks first"), new("vmc container delete -y demo trixie", "does not ask")],
        };
        names.AddTo(verb);
        verb.Add(yes);
        verb.SetAction((parsed, cancel) => new ContainerDeleteVerb(context, names.Read(parsed)).RunAsync(parsed.GetValue(yes), cancel));
        return verb;
    }

    private async Task<int> RunAsync(bool isSure, CancellationToken cancel)
    {
        await using var concierge = await context.ConnectAsync(cancel);
        var host = new ContainerHost(context, concierge, place.Vm);
        await host.ExpectRunningAsync(cancel);
        _ = await host.ExpectAsync(place, cancel);
        var question = new Confirmation(context, "Nothing was deleted.");
        if (!isSure && !await question.AskAsync($"Delete container '{place.Name}' of VM '{place.Vm}' and everything in it?", cancel))
        {
            return ExitCode.Failed;
        }

        await using (var progress = new StepProgress(context, place.Name))
        {
            progress.Begin();
            await new ContainerWork(context, concierge, place, progress).DeleteAsync(cancel);
        }

        context.Console.Print($"{place.InWords} is deleted.");
        return ExitCode.Success;
    }
}

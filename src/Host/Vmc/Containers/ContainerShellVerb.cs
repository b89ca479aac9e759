using System.CommandLine;
using VmTools.Host.Bus;
using VmTools.Host.Vmc.Cli;
using VmTools.Host.Vmc.Machines;
using VmTools.Linux.Terminals;

namespace VmTools.Host.Vmc.Containers;

/// <summary>
/// <c>vmc container shell</c>: starts the VM and the container if need be, offers to make what is not there, and then does what
/// <c>vsh VM CONTAINER</c> does, by becoming vsh.
/// </summary>
internal sealed class ContainerShellVerb(VmcContext context, ContainerPlace place)
{
    public static Command Build(VmcContext context)
    {
        var names = ContainerArguments.New();
        var words = new VshOptionNames();
        var verb = new VerbCommand("shell", "Opens a shell in a container, which is started if need be.")
        {
            Examples =
            [
                new("vmc container shell demo", "as the container's usual user"),
                new("vmc container shell demo trixie --user root", "as root, in another container"),
            ],
        };
        names.AddTo(verb);
        words.AddTo(verb);
        verb.SetAction((parsed, cancel) => new ContainerShellVerb(context, names.Read(parsed)).RunAsync(words.Read(parsed), cancel));
        return verb;
    }

    private async Task<int> RunAsync(IEnumerable<string> options, CancellationToken cancel) =>
        await IsReadyAsync(cancel) ? VshProcess.Become(context, [.. options, .. VshWords.Of(place)]) : ExitCode.Failed;

    /// <summary>False where the user does not want what would have to be made.</summary>
    private async Task<bool> IsReadyAsync(CancellationToken cancel)
    {
        var start = context.Clock.GetTimestamp();
        await using var concierge = await context.ConnectAsync(cancel);
        var host = new ContainerHost(context, concierge, place.Vm);
        ContainerReport? container = null;
        if (await host.IsThereAsync(cancel))
        {
            await host.StartAsync(cancel);
            container = await host.FindAsync(place.Name, cancel);
        }

        if (container is null)
        {
            return await OfferAsync(concierge, cancel);
        }

        if (container.State != ContainerRow.Running)
        {
            _ = await new ContainerStartVerb(context, place).StartAsync(concierge, start, cancel);
        }

        return true;
    }

    private async Task<bool> OfferAsync(ConciergeClient concierge, CancellationToken cancel)
    {
        if (!Terminal.IsTerminal(0))
        {
            throw ContainerHost.Missing(place);
        }

        var question = $"VM '{place.Vm}' has no container '{place.Name}'. Make it now, with Debian in it?";
        if (!await new Confirmation(context, "Nothing was made.").AskAsync(question, cancel))
        {
            return false;
        }

        _ = await new ContainerCreateVerb(context, place, source: null).MakeAsync(concierge, context.Clock.GetTimestamp(), cancel);
        return true;
    }
}

/// <summary>How vsh is told of a container: by options, so that no name is taken for anything else.</summary>
internal static class VshWords
{
    public static IReadOnlyList<string> Of(ContainerPlace place) => [$"--vm_name={place.Vm}", $"--target_container={place.Name}"];
}

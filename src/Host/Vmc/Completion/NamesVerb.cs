using System.CommandLine;
using VmTools.Host.Bus;
using VmTools.Host.Vmc.Cli;
using VmTools.Host.Vmc.Machines;
using VmTools.Protocol;

namespace VmTools.Host.Vmc.Completion;

/// <summary>
/// <c>vmc names</c>, for completion: the names of the VMs, or of the containers of one, one a line. Starts nothing. bash expands the words
/// it is given to complete from, so a name in which a shell would find more than a word is left out.
/// </summary>
internal static class NamesVerb
{
    public static Command Build(VmcContext context)
    {
        var vm = new Argument<string?>("VM") { Description = "The VM whose containers are meant.", Arity = ArgumentArity.ZeroOrOne };
        var verb = new VerbCommand("names", "Prints the names of your VMs, or of a VM's containers, while the daemon runs; for completion.")
        {
            Examples = [],
            Hidden = true
        };
        verb.Add(vm);
        verb.SetAction(async (parsed, cancel) =>
        {
            await using var concierge = await ConciergeClient.TryConnectAsync(context.Instance, cancel);
            foreach (var name in concierge is null ? [] : await NamesAsync(concierge, parsed.GetValue(vm), cancel))
            {
                if (name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
                {
                    context.Console.Print(name);
                }
            }

            return ExitCode.Success;
        });
        return verb;
    }

    private static async Task<IEnumerable<string>> NamesAsync(ConciergeClient concierge, string? vm, CancellationToken cancel)
    {
        if (vm is null)
        {
            return (await VmRows.ReadAsync(concierge, cancel)).Select(row => row.Name);
        }

        try
        {
            return (await concierge.Cicerone.ContainersAsync(vm, cancel)).Select(container => container.Name);
        }
        catch (VmToolsException)
        {
            // The VM does not run, or serves no containers.
            return [];
        }
    }
}

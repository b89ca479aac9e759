using System.CommandLine;
using VmTools.Host.Bus;
using VmTools.Host.Vmc.Cli;
using VmTools.Host.Vmc.Machines;

namespace VmTools.Host.Vmc.Completion;

/// <summary>
/// <c>vmc names</c>, for completion: the names of the VMs, one a line. Starts nothing. bash expands the words it is given to
/// complete from, so a name in which a shell would find more than a word is left out.
/// </summary>
internal static class NamesVerb
{
    public static Command Build(VmcContext context)
    {
        var verb = new VerbCommand("names", "Prints the names of your VMs while the daemon runs; for completion.")
        {
            Examples = [],
            Hidden = true
        };
        verb.SetAction(async (_, cancel) =>
        {
            await using var concierge = await ConciergeClient.TryConnectAsync(context.Instance, cancel);
            foreach (var row in concierge is null ? [] : await VmRows.ReadAsync(concierge, cancel))
            {
                if (row.Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
                {
                    context.Console.Print(row.Name);
                }
            }

            return ExitCode.Success;
        });
        return verb;
    }
}

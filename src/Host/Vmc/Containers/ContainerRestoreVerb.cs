using System.CommandLine;
using VmTools.Host.Bus;
using VmTools.Host.Vmc.Cli;

namespace VmTools.Host.Vmc.Containers;

/// <summary><c>vmc container restore</c>: asks first, because what the container has written since cannot be had back.</summary>
internal sealed class ContainerRestoreVerb(VmcContext context, ContainerPlace place)
{
    public static Command Build(VmcContext context)
    {
        var names = ContainerArguments.Known().Named();
        var snapshot = SnapshotArgument.Required();
        var yes = CommonOptions.Yes();
        var verb = new VerbCommand("restore", "Makes a stopped container what it was when a snapshot was made.")
        {
            Examples =
            [
                new("vmc container restore demo penguin before-upgrade", "asks first"),
                new("vmc container restore -y demo penguin before-upgrade", "does not ask"),
            ],
        };
        names.AddTo(verb);
        verb.Add(snapshot);
        verb.Add(yes);
        verb.SetAction((parsed, cancel) => new ContainerRestoreVerb(context, names.Read(parsed))
            .RunAsync(parsed.GetRequiredValue(snapshot), parsed.GetValue(yes), cancel));
        return verb;
    }

    private async Task<int> RunAsync(string snapshot, bool isSure, CancellationToken cancel)
    {
        var question = new Confirmation(context, "Nothing was changed.");
        if (!isSure && !await question.AskAsync(
            $"Give up everything that container '{place.Name}' of VM '{place.Vm}' has written since snapshot '{snapshot}'?", cancel))
        {
            return ExitCode.Failed;
        }

        await new SnapshotWork(context, place).DoAsync(CiceroneBus.RestoreSnapshotMember, snapshot, "Restoring the container", cancel);
        context.Console.Print($"{place.InWords} is what it was in snapshot '{snapshot}'.");
        return ExitCode.Success;
    }
}

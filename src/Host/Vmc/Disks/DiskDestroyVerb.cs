using System.CommandLine;
using VmTools.Host.Vmc.Cli;
using VmTools.Host.Vmc.Machines;
using VmTools.Host.Vms;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Concierge;

namespace VmTools.Host.Vmc.Disks;

/// <summary><c>vmc disk destroy</c>: asks first, because what was on the disk cannot be had back.</summary>
internal sealed class DiskDestroyVerb(VmcContext context)
{
    public static Command Build(VmcContext context)
    {
        var name = CommonOptions.Name();
        var yes = CommonOptions.Yes();
        var verb = new VerbCommand("destroy", "Destroys the disk of a VM, and stops the VM for that.")
        {
            Examples = [new("vmc disk destroy demo", "asks first"), new("vmc disk destroy -y demo", "does not ask")],
        };
        verb.Add(name);
        verb.Add(yes);
        verb.SetAction(
            (parsed, cancel) => new DiskDestroyVerb(context).RunAsync(parsed.GetRequiredValue(name), parsed.GetValue(yes), cancel));
        return verb;
    }

    private async Task<int> RunAsync(string name, bool isSure, CancellationToken cancel)
    {
        var question = new Confirmation(context, "Nothing was destroyed.");
        if (!isSure && !await question.AskAsync($"Destroy the disk of VM '{VmNameRule.Shown(name)}' and everything on it?", cancel))
        {
            return ExitCode.Failed;
        }

        await using var concierge = await context.ConnectAsync(cancel);
        var response = await concierge.DestroyDiskAsync(name, cancel);
        if (response.Status == DiskImageStatus.DiskStatusDoesNotExist)
        {
            throw new VmToolsException(
                ErrorKind.NotFound,
                $"VM '{VmNameRule.Shown(name)}' has no disk. 'vmc disk list' shows your disks.{VmNameRule.Reminder(name)}");
        }

        if (response.Status != DiskImageStatus.DiskStatusDestroyed)
        {
            throw ConciergeVerbs.Failure(response.Status, response.FailureReason, $"The disk of VM '{name}' could not be destroyed.");
        }

        context.Console.Print($"The disk of VM '{name}' is destroyed.");
        return ExitCode.Success;
    }
}

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
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask; VMC_NONINTERACTIVE in the environment does the same." };
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
        if (!isSure && !await ConfirmsAsync(name, cancel))
        {
            context.Console.Say("Nothing was destroyed.");
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

    private async Task<bool> ConfirmsAsync(string name, CancellationToken cancel)
    {
        if (!string.IsNullOrEmpty(context.Instance.Environment("VMC_NONINTERACTIVE")))
        {
            return true;
        }

        await context.Console.Error.WriteAsync(
            $"Destroy the disk of VM '{VmNameRule.Shown(name)}' and everything on it? (y/N) ".AsMemory(), cancel);
        try
        {
            var answer = await context.Console.Input.ReadLineAsync(cancel);
            return answer?.Trim() is "y" or "yes";
        }
        catch (OperationCanceledException)
        {
            await context.Console.Error.WriteLineAsync();
            context.Console.Say("Nothing was destroyed.");
            throw;
        }
    }
}

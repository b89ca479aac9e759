using System.CommandLine;
using VmTools.Host.CrashStore;
using VmTools.Host.Vmc.Cli;
using VmTools.Protocol;

namespace VmTools.Host.Vmc.Crashes;

/// <summary>
/// <c>vmc crash remove</c>: reports by id, of a VM, or all. What a kernel said stands in its VM's console log and goes with that.
/// </summary>
internal sealed class CrashRemoveVerb(VmcContext context)
{
    public static Command Build(VmcContext context)
    {
        var ids = new Argument<string[]>("ID")
        {
            Description = "The beginning of a report's id, or latest.",
            Arity = ArgumentArity.ZeroOrMore
        };
        ids.CompletionSources.Add("latest");
        var vm = new Option<string>("--vm") { Description = "All of this VM.", HelpName = "VM" };
        var all = new Option<bool>("--all") { Description = "All of all your VMs." };
        var verb = new VerbCommand("remove", "Removes reports of crashes.")
        {
            Examples = [
                new("vmc crash remove 1a2b3c4d", "one"),
                new("vmc crash remove --vm demo", "all of a VM"),
                new("vmc crash remove --all", "all"),
            ],
        };
        verb.Add(ids);
        verb.Add(vm);
        verb.Add(all);
        verb.Validators.Add(result =>
        {
            var ways = (result.GetValue(ids) is { Length: > 0 } ? 1 : 0) + (result.GetResult(vm) is null ? 0 : 1)
                + (result.GetValue(all) ? 1 : 0);
            if (ways != 1)
            {
                result.AddError("Give ids, or --vm, or --all.");
            }
        });
        verb.SetAction(parsed => new CrashRemoveVerb(context).Run(parsed.GetValue(ids) ?? [], parsed.GetValue(vm)));
        return verb;
    }

    private int Run(string[] ids, string? vm)
    {
        var history = new CrashHistory(context.Instance.Directories, context.Instance.Owner);

        // All are found before the first goes: a mistake in the last removes nothing.
        var entries = ids.Length > 0 ? [.. ids.Select(history.Find).Distinct()] : history.Read(vm);
        if (ids.Length > 0 && entries.FirstOrDefault(entry => entry.Kernel is not null) is { } kernel)
        {
            throw new VmToolsException(
                ErrorKind.FailedPrecondition,
                $"{kernel.Id} is what a kernel said on the console of VM '{kernel.Vm}'. "
                + "It stands in that VM's log and goes when the log does.");
        }

        foreach (var report in entries.Select(entry => entry.Report).OfType<StoredReport>())
        {
            report.Directory.Remove(report.Id);
        }

        Tell(entries.Count(entry => entry.Report is not null), entries.Count(entry => entry.Kernel is not null));
        return ExitCode.Success;
    }

    private void Tell(int removed, int kernels)
    {
        context.Console.Print(removed == 1 ? "1 report is removed." : $"{removed} reports are removed.");
        if (kernels > 0)
        {
            context.Console.Say($"{kernels} of a kernel stay: they stand in the console's log and go when that does.");
        }
    }
}

using System.CommandLine;
using System.Globalization;
using VmTools.Host.CrashStore;
using VmTools.Host.Vmc.Cli;
using VmTools.Host.Vms;

namespace VmTools.Host.Vmc.Crashes;

/// <summary><c>vmc crash list</c>: all that died, the last at the end.</summary>
internal sealed class CrashListVerb(VmcContext context)
{
    public static Command Build(VmcContext context)
    {
        var name = new Argument<string?>("NAME") { Description = "The VM; all of yours when absent.", Arity = ArgumentArity.ZeroOrOne };
        var json = CommonOptions.Json();
        var verb = new VerbCommand("list", "Lists what crashed, the last at the end.")
        {
            Examples = [new("vmc crash list", "in all your VMs"), new("vmc crash list demo", "in one"), new(
                "vmc crash list --json", "the same for programs")],
        };
        verb.Add(name);
        verb.Add(json);
        verb.SetAction(parsed => new CrashListVerb(context).Run(parsed.GetValue(name), parsed.GetValue(json)));
        return verb;
    }

    private int Run(string? vm, bool asJson)
    {
        var entries = new CrashHistory(context.Instance.Directories, context.Instance.Owner).Read(vm);
        if (asJson)
        {
            context.Console.PrintJson<IReadOnlyList<CrashRow>>([.. entries.Select(CrashRow.Of)]);
        }
        else if (entries.Count == 0)
        {
            context.Console.Say(
                vm is null
                    ? "Nothing crashed, as far as is known."
                    : $"Nothing crashed in VM '{VmNameRule.Shown(vm)}', as far as is known.");
        }
        else
        {
            var table = new VmcTable(
                new("TIME", 4), new("VM", 2), new("ID"), new("WHAT", 1), new("PID", 5), new("SIGNAL", 3), new("SIZE", 6));
            foreach (var entry in entries)
            {
                table.Add(
                    CrashPrinter.TimeText(entry.Time, context.Clock), PlaceOf(entry), entry.Id.Value, entry.Executable,
                    entry.Pid?.ToString(CultureInfo.InvariantCulture), entry.Signal, SizeText.Show((ulong)entry.Bytes));
            }

            table.Write(context.Console);
        }

        return ExitCode.Success;
    }

    private static string PlaceOf(CrashEntry entry) =>
        entry.Container is { } container ? $"{entry.Vm.Name.Value}/{container}" : entry.Vm.Name.Value;
}

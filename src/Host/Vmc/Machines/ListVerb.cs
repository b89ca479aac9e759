using System.CommandLine;
using System.Globalization;
using VmTools.Host.Vmc.Cli;

namespace VmTools.Host.Vmc.Machines;

/// <summary><c>vmc list</c>: the caller's VMs.</summary>
internal sealed class ListVerb(VmcContext context)
{
    public static Command Build(VmcContext context)
    {
        var json = CommonOptions.Json();
        var verb = new VerbCommand("list", "Lists your VMs, running or not.")
        {
            Examples = [new("vmc list", "a table"), new("vmc list --json", "the same for programs")],
        };
        verb.Aliases.Add("ls");
        verb.Aliases.Add("ps");
        verb.Add(json);
        verb.SetAction((parsed, cancel) => new ListVerb(context).RunAsync(parsed.GetValue(json), cancel));
        return verb;
    }

    private async Task<int> RunAsync(bool asJson, CancellationToken cancel)
    {
        await using var concierge = await context.ConnectAsync(cancel);
        var rows = await VmRows.ReadAsync(concierge, cancel);
        if (asJson)
        {
            context.Console.PrintJson<IReadOnlyList<VmRow>>(rows);
        }
        else if (rows.Count == 0)
        {
            context.Console.Say("You have no VMs. 'vmc start NAME' makes one.");
        }
        else
        {
            Table(rows).Write(context.Console);
        }

        return ExitCode.Success;
    }

    private static VmcTable Table(IReadOnlyList<VmRow> rows)
    {
        var hasContainers = rows.Any(row => row.RunningContainers > 0);
        VmcColumn[] columns = [new("NAME"), new("STATE"), new("CID", 2), new("PID", 4), new("MEMORY", 1), new("DISK", 3)];
        var table = new VmcTable(hasContainers ? [.. columns, new("CONTAINERS", 5)] : columns);
        foreach (var row in rows)
        {
            string?[] cells =
            [
                row.Name, VmRow.Describe(row.State, row.Reason), row.Cid?.ToString(CultureInfo.InvariantCulture),
                row.Pid?.ToString(CultureInfo.InvariantCulture),
                row.MemoryBytes is { } memory ? SizeText.Show((ulong)memory) : null,
                row.DiskBytes is { } disk ? SizeText.Show(disk) : null,
            ];
            var running = row.RunningContainers?.ToString(CultureInfo.InvariantCulture);
            table.Add(hasContainers ? [.. cells, running] : cells);
        }

        return table;
    }
}

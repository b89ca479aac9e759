using System.CommandLine;
using VmTools.Host.Bus;
using VmTools.Host.Vmc.Cli;

namespace VmTools.Host.Vmc.Containers;

/// <summary><c>vmc container list</c>: the containers of a VM that runs.</summary>
internal sealed class ContainerListVerb(VmcContext context)
{
    public static Command Build(VmcContext context)
    {
        var vm = CommonOptions.Name(ContainerArguments.VmWord);
        var json = CommonOptions.Json();
        var verb = new VerbCommand("list", "Lists the containers of a VM.")
        {
            Examples = [new("vmc container list demo", "a table"), new("vmc container list demo --json", "the same for programs")],
        };
        verb.Aliases.Add("ls");
        verb.Add(vm);
        verb.Add(json);
        verb.SetAction((parsed, cancel) =>
            new ContainerListVerb(context).RunAsync(parsed.GetRequiredValue(vm), parsed.GetValue(json), cancel));
        return verb;
    }

    private async Task<int> RunAsync(string vm, bool asJson, CancellationToken cancel)
    {
        await using var concierge = await context.ConnectAsync(cancel);
        await new ContainerHost(context, concierge, vm).ExpectRunningAsync(cancel);
        ContainerRow[] rows = [.. (await concierge.Cicerone.ContainersAsync(vm, cancel)).Select(ContainerRow.Of)];
        if (asJson)
        {
            context.Console.PrintJson<IReadOnlyList<ContainerRow>>(rows);
        }
        else if (rows.Length == 0)
        {
            context.Console.Say($"VM '{vm}' has no containers. 'vmc container create {vm}' makes one.");
        }
        else
        {
            var table = new VmcTable(new("NAME"), new("STATE"), new("ADDRESS", 1), new("USER", 2), new("SYSTEM", 3));
            Array.ForEach(rows, row => table.Add(row.Name, row.State.ToLowerInvariant(), row.Ipv4, row.Username, row.Os));
            table.Write(context.Console);
        }

        return ExitCode.Success;
    }
}

/// <summary>One container in a listing. What is not known is null.</summary>
internal sealed record ContainerRow(string Name, string State)
{
    /// <summary>The state in which commands can be run in it.</summary>
    public const string Running = "RUNNING";

    /// <summary>The state in which there is nothing to stop.</summary>
    public const string Stopped = "STOPPED";

    public string? Ipv4 { get; init; }

    public string? Username { get; init; }

    public string? Os { get; init; }

    /// <summary>The id of the image that the container was made from.</summary>
    public string? Image { get; init; }

    /// <summary>Whether the host's agent in it can be called.</summary>
    public bool Garcon { get; init; }

    /// <summary>The TCP ports that something in it listens on.</summary>
    public IReadOnlyList<int> Ports { get; init; } = [];

    public static ContainerRow Of(ContainerReport report) => new(report.Name, report.State)
    {
        Ipv4 = Known(report.Ipv4),
        Username = Known(report.Username),
        Os = Known(report.Os),
        Image = Known(report.Image),
        Garcon = report.Garcon,
        Ports = report.Ports,
    };

    private static string? Known(string text) => text.Length > 0 ? text : null;
}

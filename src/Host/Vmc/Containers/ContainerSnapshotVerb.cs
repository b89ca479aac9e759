using System.CommandLine;
using System.Globalization;
using VmTools.Host.Bus;
using VmTools.Host.Vmc.Cli;
using VmTools.Protocol;
using VmTools.Protocol.Wire;

namespace VmTools.Host.Vmc.Containers;

/// <summary><c>vmc container snapshot</c>: makes one of a container, lists them, or deletes one.</summary>
internal sealed class ContainerSnapshotVerb(VmcContext context, ContainerPlace place)
{
    public static Command Build(VmcContext context)
    {
        var names = ContainerArguments.Known().Named();
        var snapshot = SnapshotArgument.Optional();
        var list = new Option<bool>("--list") { Description = "List the snapshots instead of making one." };
        var delete = new Option<bool>("--delete") { Description = "Delete the snapshot instead of making it." };
        var json = CommonOptions.Json();
        var verb = new VerbCommand("snapshot", "Keeps what a container has written, to have it back later; one that runs goes on.")
        {
            Examples =
            [
                new("vmc container snapshot demo penguin before-upgrade", "makes one by this name"),
                new("vmc container snapshot demo penguin --list", "those that there are"),
                new("vmc container snapshot demo penguin before-upgrade --delete", "deletes it"),
            ],
        };
        names.AddTo(verb);
        verb.Add(snapshot);
        verb.Add(list);
        verb.Add(delete);
        verb.Add(json);
        verb.Validators.Add(result =>
        {
            if (result.GetValue(list) && (result.GetValue(delete) || result.GetValue(snapshot) is not null))
            {
                result.AddError("--list shows all snapshots: name none with it, and delete none.");
            }
            else if (result.GetValue(delete) && result.GetValue(snapshot) is null)
            {
                result.AddError("--delete needs the name of the snapshot.");
            }
        });
        verb.SetAction((parsed, cancel) =>
        {
            var work = new ContainerSnapshotVerb(context, names.Read(parsed));
            return parsed.GetValue(list) ? work.ListAsync(parsed.GetValue(json), cancel)
                : parsed.GetValue(delete) ? work.DeleteAsync(parsed.GetRequiredValue(snapshot)!, cancel)
                : work.MakeAsync(parsed.GetValue(snapshot) ?? work.NewName(), cancel);
        });
        return verb;
    }

    private string NewName() => "at-" + context.Clock.GetUtcNow().ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture);

    private async Task<int> MakeAsync(string name, CancellationToken cancel)
    {
        await new SnapshotWork(context, place).DoAsync(
            CiceroneBus.MakeSnapshotMember, name, "Copying what the container has written", cancel);
        context.Console.Print($"Snapshot '{name}' of container '{place.Name}' is made.");
        context.Console.Say($"Have it back with: vmc container restore {place.Vm} {place.Name} {name}");
        return ExitCode.Success;
    }

    private async Task<int> DeleteAsync(string name, CancellationToken cancel)
    {
        await new SnapshotWork(context, place).DoAsync(CiceroneBus.DeleteSnapshotMember, name, "Deleting the snapshot", cancel);
        context.Console.Print($"Snapshot '{name}' of container '{place.Name}' is deleted.");
        return ExitCode.Success;
    }

    private async Task<int> ListAsync(bool asJson, CancellationToken cancel)
    {
        await using var concierge = await context.ConnectAsync(cancel);
        var host = new ContainerHost(context, concierge, place.Vm);
        await host.ExpectRunningAsync(cancel);
        await host.ExpectAsync(place, cancel);
        SnapshotRow[] rows = [.. (await concierge.Cicerone.SnapshotsAsync(place.Vm, place.Name, cancel)).Select(SnapshotRow.Of)];
        if (asJson)
        {
            context.Console.PrintJson<IReadOnlyList<SnapshotRow>>(rows);
        }
        else if (rows.Length == 0)
        {
            context.Console.Say($"{place.InWords} has no snapshots. 'vmc container snapshot {place.Vm} {place.Name}' makes one.");
        }
        else
        {
            var table = new VmcTable(new("NAME"), new("MADE"));
            Array.ForEach(rows, row => table.Add(
                row.Name, row.Made.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)));
            table.Write(context.Console);
        }

        return ExitCode.Success;
    }
}

/// <summary>One snapshot in a listing.</summary>
internal sealed record SnapshotRow(string Name, DateTimeOffset Made)
{
    /// <summary>A time that no calendar has is none of a snapshot.</summary>
    public static SnapshotRow Of(SnapshotReport report) => new(
        report.Name,
        DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(report.Made, 0, DateTimeOffset.MaxValue.ToUnixTimeSeconds())));
}

/// <summary>The name of a snapshot on a command line; it follows the rule for containers.</summary>
internal static class SnapshotArgument
{
    private const string Word = "SNAPSHOT";

    public static Argument<string> Required() => new(Word) { Description = "The name of the snapshot.", Validators = { Check } };

    public static Argument<string?> Optional() => new(Word)
    {
        Description = "The name of the snapshot; the date and time when absent.",
        Arity = ArgumentArity.ZeroOrOne,
        Validators = { Check },
    };

    private static void Check(System.CommandLine.Parsing.ArgumentResult result)
    {
        if (result.Tokens is [{ Value: var name }, ..] && !ContainerNameRule.Allows(name))
        {
            result.AddError(
                $"'{name}' cannot be the name of a snapshot, for which the rule is that of containers. {ContainerNameRule.Sentence}");
        }
    }
}

/// <summary>What is done with a snapshot in one call.</summary>
internal sealed class SnapshotWork(VmcContext context, ContainerPlace place)
{
    /// <exception cref="VmToolsException">There is no such container, or the VM refuses.</exception>
    public async Task DoAsync(string member, string snapshot, string step, CancellationToken cancel)
    {
        await using var concierge = await context.ConnectAsync(cancel);
        var host = new ContainerHost(context, concierge, place.Vm);
        await host.ExpectRunningAsync(cancel);
        await host.ExpectAsync(place, cancel);
        await using var progress = new StepProgress(context, place.Name);
        progress.Begin();
        progress.Step(step);
        await concierge.Cicerone.DoAsync(member, place.Vm, place.Name, snapshot, cancel);
    }
}

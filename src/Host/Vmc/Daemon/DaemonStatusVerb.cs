using System.CommandLine;
using System.Globalization;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Instance;
using VmTools.Host.Vmc.Cli;
using VmTools.Host.Vms;
using VmTools.Protocol;

namespace VmTools.Host.Vmc.Daemon;

/// <summary>
/// <c>vmc daemon status</c>: where the daemon runs, since when, and with what. Starts nothing; exit code 1 when it does not run.
/// </summary>
internal sealed class DaemonStatusVerb(VmcContext context)
{
    /// <summary>A daemon that does not answer is told, not waited for.</summary>
    private static readonly TimeSpan AskLimit = TimeSpan.FromSeconds(5);

    public static Command Build(VmcContext context)
    {
        var json = CommonOptions.Json();
        var verb = new VerbCommand("status", "Shows whether vm_concierge runs, its directories, bus, VMs and settings.")
        {
            Examples = [new("vmc daemon status", "for people"), new("vmc daemon status --json", "for programs")],
        };
        verb.Add(json);
        verb.SetAction((parsed, cancel) => new DaemonStatusVerb(context).RunAsync(parsed.GetValue(json), cancel));
        return verb;
    }

    private async Task<int> RunAsync(bool asJson, CancellationToken cancel)
    {
        var report = await ExamineAsync(cancel);
        if (asJson)
        {
            context.Console.PrintJson(report.ToJson());
        }
        else
        {
            Show(report);
        }

        return report.IsRunning ? ExitCode.Success : ExitCode.Failed;
    }

    private async Task<DaemonReport> ExamineAsync(CancellationToken cancel)
    {
        var directories = context.Instance.Directories;
        var vms = new RunningVms(directories.Records).Alive.Select(vm => vm.Name.Value).Order(StringComparer.Ordinal).ToArray();
        var siblings = Sibling.All
            .Select(sibling => new DaemonReport.Sibling(
                sibling.Program, sibling.TryFind(directories.State) is { IsAlive: true } alive ? alive.Pid : null))
            .ToArray();
        return DaemonRecord.TryRead(directories.State, ConciergeBus.Program) is { IsAlive: true } record
            ? new DaemonReport(true, new InstanceDirectories(record.Runtime, record.State, record.Image))
            {
                Pid = record.Pid,
                Version = record.Version,
                Bus = record.Bus,
                Started = record.Started,
                UptimeSeconds = Math.Max(0, (long)(context.Clock.GetUtcNow() - record.Started).TotalSeconds),
                Answers = await AnswersAsync(cancel),
                Settings = record.Settings,
                Vms = vms,
                Siblings = siblings,
            }
            : new DaemonReport(false, directories) { Vms = vms, Siblings = siblings };
    }

    private async Task<bool> AnswersAsync(CancellationToken cancel)
    {
        await using var concierge = await ConciergeClient.TryConnectAsync(context.Instance, cancel);
        if (concierge is null)
        {
            return false;
        }

        try
        {
            using var answer = await concierge.CallAsync(
                new ConciergeCall("Version", BusBody.Empty, AskLimit) { Interface = ConciergeBus.OwnInterface }, cancel);
            return true;
        }
        catch (VmToolsException)
        {
            return false;
        }
    }

    private void Show(DaemonReport report)
    {
        var console = context.Console;
        console.Print(
            !report.IsRunning ? "vm_concierge  does not run; the next vmc that needs it starts it"
            : report.Answers == true ? string.Create(
                CultureInfo.InvariantCulture,
                $"vm_concierge  runs: pid {report.Pid}, version {report.Version}, for {Uptime(report.UptimeSeconds ?? 0)}")
            : string.Create(
                CultureInfo.InvariantCulture, $"vm_concierge  runs (pid {report.Pid}) and does not answer; 'vmc daemon restart' may help"));
        if (report.Bus is { } bus)
        {
            console.Print($"bus           {bus}");
        }

        console.Print($"runtime       {report.Directories.Runtime}");
        console.Print($"state         {report.Directories.State}");
        console.Print($"image         {report.Directories.Image}");
        foreach (var (name, value) in report.Settings)
        {
            console.Print($"setting       {name}={value}");
        }

        foreach (var sibling in report.Siblings)
        {
            var state = sibling.Pid is { } pid
                ? string.Create(CultureInfo.InvariantCulture, $"runs: pid {pid}")
                : "does not run; it is started with the first VM";
            console.Print($"{sibling.Program,-14}  {state}");
        }

        console.Print($"VMs           {(report.Vms.Count == 0 ? "none" : string.Join(", ", report.Vms))}");
    }

    private static string Uptime(long seconds) => seconds switch
    {
        < 120 => string.Create(CultureInfo.InvariantCulture, $"{seconds} s"),
        < 2 * 3600 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 60} min"),
        < 48 * 3600 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600} h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{seconds / 86400} days"),
    };
}

/// <summary>What there is to know of the daemons of an instance. Of one that does not run, only directories and VMs are known.</summary>
internal sealed record DaemonReport(bool IsRunning, InstanceDirectories Directories)
{
    public int? Pid { get; init; }

    public string? Version { get; init; }

    public string? Bus { get; init; }

    public DateTimeOffset? Started { get; init; }

    public long? UptimeSeconds { get; init; }

    /// <summary>Whether it answers on its bus.</summary>
    public bool? Answers { get; init; }

    /// <summary>The VMs of which a process is alive.</summary>
    public required IReadOnlyList<string> Vms { get; init; }

    /// <summary>The variables it was started with, besides directories.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>The daemons that serve VMs beside it.</summary>
    public required IReadOnlyList<Sibling> Siblings { get; init; }

    /// <summary>The pid is null where it does not run.</summary>
    internal sealed record Sibling(string Program, int? Pid);

    /// <summary>The directories as programs read them.</summary>
    internal sealed record Json(
        bool Running, int? Pid, string? Version, string? Bus, string RuntimeDir, string StateDir, string ImageDir, DateTimeOffset? Started,
            long? UptimeSeconds, bool? Answers,
        IReadOnlyList<string> Vms, IReadOnlyDictionary<string, string> Settings, IReadOnlyList<Sibling> Siblings);

    public Json ToJson() => new(
        IsRunning, Pid, Version, Bus, Directories.Runtime, Directories.State, Directories.Image, Started, UptimeSeconds, Answers, Vms,
            Settings, Siblings);
}

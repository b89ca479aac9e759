using System.CommandLine;
using VmTools.Crash.Minidumps;
using VmTools.Host.CrashStore;
using VmTools.Host.Debugging;
using VmTools.Host.Programs;
using VmTools.Host.Vmc.Cli;
using VmTools.Linux.ProcessControl;

namespace VmTools.Host.Vmc.Crashes;

/// <summary><c>vmc crash show</c>: what died, where, and why.</summary>
internal sealed class CrashShowVerb(VmcContext context, CrashShowOptions options)
{
    public static Command Build(VmcContext context)
    {
        var id = new Argument<string>("ID") { Description = "The beginning of a report's id, or latest." };
        id.CompletionSources.Add("latest");
        var all = new Option<bool>("--all", "-a") { Description = "The stacks of all threads." };
        var maps = new Option<bool>("--maps") { Description = "What was mapped where in memory." };
        var sysroot = new Option<string>("--sysroot")
        {
            Description = "A copy of the VM's root directory, in which its binaries are.",
            HelpName = "PATH"
        };
        var symbols = new Option<string[]>("--symbols")
        {
            Description = "A directory or file with binaries or debug files; may be given more than once.",
            HelpName = "PATH"
        };
        var plain = new Option<bool>("--no-debugger") { Description = "Without lldb: no more of a stack than where the thread was." };
        var json = CommonOptions.Json();
        var verb = new VerbCommand("show", "Shows what died, where and why.")
        {
            Examples = [
                new("vmc crash show latest", "the last of all"),
                new("vmc crash show 1a2b -a --maps", "all threads, and the map of memory"),
                new("vmc crash show latest --sysroot /srv/guest", "with function names of the VM's own binaries"),
                new("vmc crash show latest --json", "for programs"),
            ],
        };
        verb.Add(id);
        foreach (var option in new Option[] { all, maps, sysroot, symbols, plain, json })
        {
            verb.Add(option);
        }

        verb.SetAction((parsed, cancel) => new CrashShowVerb(context, new CrashShowOptions(parsed.GetRequiredValue(id))
        {
            AllThreads = parsed.GetValue(all),
            Maps = parsed.GetValue(maps),
            AsJson = parsed.GetValue(json),
            WithDebugger = !parsed.GetValue(plain),
            Places = new SymbolPaths(parsed.GetValue(sysroot), parsed.GetValue(symbols) ?? []).Checked(),
        }).RunAsync(cancel));
        return verb;
    }

    private async Task<int> RunAsync(CancellationToken cancel)
    {
        var entry = new CrashHistory(context.Instance.Directories, context.Instance.Owner).Find(options.Id);
        var detail = entry.Kernel is { } kernel ? CrashDetails.Of(kernel, entry) : await DetailOfAsync(entry.Report!, entry, cancel);
        if (options.AsJson)
        {
            context.Console.PrintJson(detail);
        }
        else
        {
            new CrashPrinter(context.Console.Output, context.Clock).Print(detail, options);
        }

        return ExitCode.Success;
    }

    private async Task<CrashDetail> DetailOfAsync(StoredReport report, CrashEntry entry, CancellationToken cancel)
    {
        var known = CrashDetails.Of(report, entry);
        if (entry.Kind == CrashKind.Service)
        {
            return known;
        }

        var (dump, problem) = CrashAnalysis.Read(report);
        return dump is null
            ? known with { Notes = [problem] }
            : CrashDetails.With(known, CrashAnalysis.Of(dump, await WalkAsync(report, dump, cancel)), options);
    }

    private async Task<DebuggerAnswer> WalkAsync(StoredReport report, MinidumpFile dump, CancellationToken cancel)
    {
        if (!options.WithDebugger)
        {
            return new DebuggerAnswer(null, null);
        }

        await using var reaper = Reaper.ForChildren();
        var programs = new ProgramFinder(context.Instance.Environment);
        var temporary = context.Instance.Environment("TMPDIR") is { Length: > 0 } chosen ? chosen : "/tmp";
        return await new Debugger(programs, temporary, reaper, context.Clock)
            .WalkAsync(new DebuggerRequest(report.Dump, dump, options.Places, options.AllThreads), cancel);
    }
}

/// <summary>What is to be shown of a crash, and with what help.</summary>
internal sealed record CrashShowOptions(string Id)
{
    public bool AllThreads { get; init; }

    public bool Maps { get; init; }

    public bool AsJson { get; init; }

    /// <summary>Whether lldb is let at a file that a guest made.</summary>
    public bool WithDebugger { get; init; } = true;

    public SymbolPaths Places { get; init; } = SymbolPaths.None;
}

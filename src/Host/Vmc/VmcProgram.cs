using System.CommandLine;
using System.CommandLine.Help;
using VmTools.Host.Bus;
using VmTools.Host.CommandLine;
using VmTools.Host.GuestText;
using VmTools.Host.Instance;
using VmTools.Host.Vmc.Cli;
using VmTools.Host.Vmc.Completion;
using VmTools.Host.Vmc.Containers;
using VmTools.Host.Vmc.Copying;
using VmTools.Host.Vmc.Crashes;
using VmTools.Host.Vmc.Daemon;
using VmTools.Host.Vmc.Disks;
using VmTools.Host.Vmc.Doctor;
using VmTools.Host.Vmc.Logs;
using VmTools.Host.Vmc.Machines;
using VmTools.Linux.Terminals;

namespace VmTools.Host.Vmc;

/// <summary>The program <c>vmc</c>: reads the command line, runs one verb, and turns its end into an exit code.</summary>
internal static class VmcProgram
{
    public static async Task<int> RunAsync(string[] args)
    {
        var console = VmcConsole.OfProcess(Environment.GetEnvironmentVariable) with { IsForProgram = AsksForJson(args) };
        var context = new VmcContext(RunningInstance.ForClient(HostInstance.OfCaller(), console.Say), console);
        using var interrupt = new CancelSignals(context.Clock);
        var code = await RunAsync(args, context, interrupt.Token);
        return interrupt.ExitCode ?? code;
    }

    /// <summary>The same with a world of the caller's choice.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, VmcContext given, CancellationToken cancel)
    {
        var console = given.Console with { IsForProgram = AsksForJson(args), JsonTypes = VmcJson.Answers };
        var context = given with { Console = console };
        var parsed = Parse(Tree(context), args);
        if (UsageMistake.In(parsed) is { } mistake)
        {
            Tell(context, new ProgramFailure("usage", mistake));
            return ExitCode.Usage;
        }

        try
        {
            return await parsed.InvokeAsync(
                new InvocationConfiguration
                {
                    Output = console.Output,
                    Error = console.Error,
                    EnableDefaultExceptionHandler = false,
                    ProcessTerminationTimeout = null,
                },
                cancel);
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Interrupted;
        }
        catch (Exception escaped) when (escaped is not OutputLostException)
        {
            Tell(context, ProgramFailure.Of(escaped), escaped);
            return ExitCode.Of(escaped);
        }
    }

    /// <summary><c>help VERB</c> is another way to write <c>VERB --help</c>.</summary>
    internal static ParseResult Parse(Command root, IReadOnlyList<string> args) => root.Parse(
        args is ["help", ..] && !args.Any(word => word.StartsWith('-')) ? [.. args.Skip(1), "--help"] : args,
        new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null });

    /// <summary>All verbs with their arguments and options.</summary>
    public static Command Tree(VmcContext context)
    {
        var root = new VerbCommand("vmc", "Starts, stops and looks after virtual machines.")
        {
            Examples = [
                new("vmc start demo", "start a VM, with a disk of its own"),
                new("vmc shell demo", "open a shell in it"),
                new("vmc container create demo", "a container in it"),
                new("vmc stop demo", "shut it down"),
                new("vmc doctor", "see what this machine lacks"),
            ],
        };
        root.Add(StartVerb.Build(context));
        root.Add(StopVerb.Build(context));
        root.Add(RestartVerb.Build(context));
        root.Add(ListVerb.Build(context));
        root.Add(InfoVerb.Build(context));
        root.Add(ShellVerb.Build(context));
        root.Add(ExecVerb.Build(context));
        root.Add(CopyVerb.Build(context));
        root.Add(ContainerVerb.Build(context));
        root.Add(LogsVerb.Build(context));
        root.Add(CrashVerb.Build(context));
        root.Add(DiskVerb.Build(context));
        root.Add(DaemonVerb.Build(context));
        root.Add(DoctorVerb.Build(context));
        root.Add(VersionVerb.Build(context));
        root.Add(HelpVerb.Build());
        root.Add(NamesVerb.Build(context));
        root.Add(CompletionVerb.Build(context, () => root));
        root.Add(new HelpOption("--help", "-h")
        {
            Description = "Show help and examples.",
            Action = new VerbHelp(context.Console),
            Recursive = true
        });
        root.Add(VersionVerb.Option(context));
        return root;
    }

    private static bool AsksForJson(IReadOnlyList<string> args) => args.TakeWhile(word => word != "--").Contains(CommonOptions.JsonOption);

    private static void Tell(VmcContext context, ProgramFailure failure, Exception? escaped = null)
    {
        var error = context.Console.Error;
        if (context.Console.IsForProgram)
        {
            VmcJson.WriteError(error, failure);
        }
        else
        {
            error.WriteLine(SafeText.ForTerminal($"vmc: {failure.Message}"));
        }

        if (escaped is not null && ProgramFailure.IsTraced(context.Instance.Environment))
        {
            error.WriteLine(SafeText.ForTerminal(escaped.ToString()));
        }
    }
}

using System.CommandLine;
using System.CommandLine.Help;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Instance;
using VmTools.Host.Vmc.Crashes;
using VmTools.Host.Vmc.Daemon;
using VmTools.Host.Vmc.Doctor;
using VmTools.Linux;
using VmTools.Protocol;

namespace VmTools.Host.Vmc;

/// <summary>The program <c>vmc</c>: reads the command line, runs one verb, and turns its end into an exit code.</summary>
internal static class VmcProgram
{
    public static async Task<int> RunAsync(string[] args)
    {
        var console = VmcConsole.OfProcess();
        var context = new VmcContext(RunningInstance.ForClient(HostInstance.OfCaller(), console.Say), console);
        using var interrupt = new Interruption(context.Clock);
        var code = await RunAsync(args, context, interrupt.Token);
        return interrupt.ExitCode ?? code;
    }

    /// <summary>The same with a world of the caller's choice.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, VmcContext context, CancellationToken cancel)
    {
        var console = context.Console;
        var parsed = Tree(context).Parse(args, new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null });
        if (parsed.Action is not VerbHelp && UsageMistake.In(parsed) is { } mistake)
        {
            console.Say(mistake);
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
        catch (Exception expected) when (expected is VmToolsException or DBusException or LinuxException or TimeoutException or OperationCanceledException)
        {
            if (expected is not OperationCanceledException)
            {
                console.Say($"vmc: {expected.Message}");
            }

            return ExitCode.Of(expected);
        }
    }

    /// <summary>All verbs with their arguments and options.</summary>
    public static Command Tree(VmcContext context)
    {
        var root = new VerbCommand("vmc", "Starts, stops and looks after virtual machines.")
        {
            Examples =
            [
                new("vmc start demo", "start a VM, with a disk of its own"),
                new("vsh demo", "open a shell in it"),
                new("vmc stop demo", "shut it down"),
                new("vmc doctor", "see what this machine lacks"),
            ],
        };
        root.Add(StartVerb.Build(context));
        root.Add(StopVerb.Build(context));
        root.Add(ListVerb.Build(context));
        root.Add(InfoVerb.Build(context));
        root.Add(LogsVerb.Build(context));
        root.Add(CrashVerb.Build(context));
        root.Add(DiskVerb.Build(context));
        root.Add(DaemonVerb.Build(context));
        root.Add(DoctorVerb.Build(context));
        root.Add(VersionVerb.Build(context));
        root.Add(NamesVerb.Build(context));
        root.Add(CompletionVerb.Build(context, () => root));
        root.Add(new HelpOption("--help", "-h") { Description = "Show help and examples.", Action = new VerbHelp(), Recursive = true });
        return root;
    }
}

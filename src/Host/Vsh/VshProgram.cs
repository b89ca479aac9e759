using System.Text;
using VmTools.Host.Bus;
using VmTools.Host.GuestText;
using VmTools.Host.Instance;
using VmTools.Host.Vms;
using VmTools.Linux;
using VmTools.Linux.Terminals;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Vsh;
using VmTools.Protocol.Vsh;
using VmTools.Protocol.Vsock;

namespace VmTools.Host.Vsh;

/// <summary>
/// <c>vsh</c>: a shell in a VM, or one command there, with the command's own exit code. It writes to its streams itself, never
/// through System.Console, which would switch the terminal's keys over and leave them so.
/// </summary>
internal static class VshProgram
{
    private const int Output = 1;
    private const int Error = 2;

    public static async Task<int> RunAsync(string[] arguments)
    {
        try
        {
            var options = VshArguments.Parse(arguments);
            return options switch
            {
                { WantsHelp: true } => await PrintAsync(VshHelp.Text),
                { WantsVersion: true } => await PrintAsync(VshHelp.Version),
                _ => await RunAsync(options, InstanceOfCaller(), CancellationToken.None),
            };
        }
        catch (Exception failure) when (failure is VmToolsException or IOException)
        {
            await SayAsync(failure.Message);
            return VshEnding.OwnFailure;
        }
    }

    private static async Task<int> RunAsync(VshOptions options, HostInstance instance, CancellationToken cancel)
    {
        var stdio = VshStdio.OfProcess();
        var request = VshRequest.For(options, stdio, instance.Environment("TERM"));
        var finder = new VmFinder(instance);
        var cid = await finder.FindAsync(options, cancel);
        var carrier = finder.CarrierTo(cid);
        var shells = new VsockAddress(cid, Ports.Vshd);
        var stream = await carrier.ConnectAsync(shells, cancel);
        await using var session = new VshSession(new VshConnection(stream.Stream), stdio, instance.Clock);
        await OpenAsync(session, request, options, cancel);
        var watch = new SilenceWatch(session.Activity, asking => KnockAsync(carrier, shells, asking), TellerFor(stdio), instance.Clock)
        {
            Vm = options.VmInWords,
            NextStep = options.Vm is { } name && VmNameRule.Allows(name) ? $"'vmc info {name}' shows its state. " : "",
            IsInteractive = stdio.IsInteractive,
        };
        var ending = await RunAsync(session, stdio, watch, instance.Clock);
        if (ending.Problem is { } problem)
        {
            await SayAsync(ending.IsLost ? $"The connection to VM {options.VmInWords} was lost while the command ran: {problem}" : problem);
        }

        return ending.Code;
    }

    /// <summary>The guest cannot know what a user can do about a container that does not run.</summary>
    private static async Task OpenAsync(
        VshSession session, SetupConnectionRequest request, VshOptions options, CancellationToken cancel)
    {
        try
        {
            await session.OpenAsync(request, cancel);
        }
        catch (VmToolsException refused) when (
            options.Container is { } name && refused.Message.EndsWith(VshTarget.NotRunning(name), StringComparison.Ordinal))
        {
            throw new VmToolsException(ErrorKind.NotFound, options.NoContainer, refused);
        }
    }

    /// <summary>The terminal is itself again before anything is said about the ending.</summary>
    private static async Task<VshEnding> RunAsync(VshSession session, VshStdio stdio, SilenceWatch watch, TimeProvider clock)
    {
        using var raw = stdio.IsInteractive ? RawTerminal.Enter(stdio.Input) : null;
        using var signals = new SignalForwarding(session, stdio, clock);
        using var over = new CancellationTokenSource();
        AppDomain.CurrentDomain.UnhandledException += (_, _) => raw?.Dispose();
        var watching = watch.RunAsync(over.Token);
        try
        {
            return await session.RunAsync(signals.Interrupted);
        }
        finally
        {
            await over.CancelAsync();
            await watching;
        }
    }

    /// <summary>One connection to the shell server, which closes it again: no session was asked for.</summary>
    private static async Task KnockAsync(IVsockCarrier carrier, VsockAddress shells, CancellationToken cancel)
    {
        var stream = await carrier.ConnectAsync(shells, cancel);
        await stream.DisposeAsync();
    }

    /// <summary>A raw terminal does not return to the first column by itself.</summary>
    private static Func<string, ValueTask> TellerFor(VshStdio stdio) => async sentence =>
        await StandardFds.WriteAsync(Error, stdio.IsInteractive ? $"\r\n{Message(sentence)}\r\n" : $"{Message(sentence)}\n");

    private static HostInstance InstanceOfCaller() => RunningInstance.ForClient(
        HostInstance.OfCaller(),
        static sentence => Fd.TryWrite(FdHandle.Standard(Error), Encoding.UTF8.GetBytes($"{Message(sentence)}\n"), out _));

    private static async Task<int> PrintAsync(string text)
    {
        var outcome = await StandardFds.WriteAsync(Output, text);
        var ending = outcome switch
        {
            Errno.None => VshEnding.Exited(0),
            Errno.EPIPE => VshEnding.OutputClosed,
            _ => VshEnding.OutputFailed(outcome),
        };
        if (ending.Problem is { } problem)
        {
            await SayAsync(problem);
        }

        return ending.Code;
    }

    /// <summary>Where standard error cannot be written either, the exit code has to say it.</summary>
    private static async Task SayAsync(string sentence) => _ = await StandardFds.WriteAsync(Error, $"{Message(sentence)}\n");

    /// <summary>vsh's own words: unlike the output of the guest's program, they drive no terminal.</summary>
    internal static string Message(string sentence) => SafeText.ForTerminal($"vsh: {sentence}");
}

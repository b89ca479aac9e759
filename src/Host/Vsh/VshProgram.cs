using VmTools.Host.Instance;
using VmTools.Linux;
using VmTools.Protocol;
using VmTools.Protocol.Vsh;

namespace VmTools.Host.Vsh;

/// <summary><c>vsh</c>: a shell in a VM, or one command there, with the command's own exit code.</summary>
internal static class VshProgram
{
    public static async Task<int> RunAsync(string[] arguments)
    {
        try
        {
            var options = VshArguments.Parse(arguments);
            if (options.WantsHelp)
            {
                await Console.Out.WriteAsync(VshHelp.Text);
                return 0;
            }

            return await RunAsync(options, HostInstance.OfCaller(), CancellationToken.None);
        }
        catch (VmToolsException failure)
        {
            await Console.Error.WriteLineAsync($"vsh: {failure.Message}");
            return VshEnding.OwnFailure;
        }
    }

    private static async Task<int> RunAsync(VshOptions options, HostInstance instance, CancellationToken cancel)
    {
        var stdio = VshStdio.OfProcess();
        var request = VshRequest.For(options, stdio, instance.Environment("TERM"));
        var finder = new VmFinder(instance);
        var cid = await finder.FindAsync(options, cancel);
        var stream = await finder.CarrierTo(cid).ConnectAsync(new VsockAddress(cid, Ports.Vshd), cancel);
        await using var session = new VshSession(new VshConnection(stream.Stream), stdio, instance.Clock);
        await session.OpenAsync(request, cancel);
        var ending = await RunAsync(session, stdio, instance.Clock);
        if (ending.Problem is { } problem)
        {
            await Console.Error.WriteLineAsync($"vsh: The connection to VM {options.VmInWords} was lost while the command ran: {problem}");
        }

        return ending.Code;
    }

    /// <summary>The terminal is itself again before anything is said about the ending.</summary>
    private static async Task<VshEnding> RunAsync(VshSession session, VshStdio stdio, TimeProvider clock)
    {
        using var raw = stdio.IsInteractive ? RawTerminal.Enter(stdio.Input) : null;
        using var signals = new SignalForwarding(session, stdio, clock);
        return await session.RunAsync(signals.Interrupted);
    }
}

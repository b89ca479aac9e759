using System.CommandLine;
using VmTools.Host.Vmc.Cli;
using VmTools.Protocol;

namespace VmTools.Host.Vmc.Containers;

/// <summary><c>vmc container stop</c>: shuts a container down; its VM goes on.</summary>
internal sealed class ContainerStopVerb(VmcContext context, ContainerPlace place)
{
    public static Command Build(VmcContext context)
    {
        var names = ContainerArguments.Known();
        var verb = new VerbCommand("stop", "Shuts a container down.")
        {
            Examples =
            [
                new("vmc container stop demo", "the container penguin of the VM demo"),
                new("vmc stop demo", "the VM with all its containers"),
            ],
        };
        names.AddTo(verb);
        verb.SetAction((parsed, cancel) => new ContainerStopVerb(context, names.Read(parsed)).RunAsync(cancel));
        return verb;
    }

    private async Task<int> RunAsync(CancellationToken cancel)
    {
        await using var concierge = await context.ConnectAsync(cancel);
        var host = new ContainerHost(context, concierge, place.Vm);
        await host.ExpectRunningAsync(cancel);
        if (await host.ExpectAsync(place, cancel) is { State: ContainerRow.Stopped })
        {
            throw new VmToolsException(
                ErrorKind.FailedPrecondition, $"{place.InWords} does not run. 'vmc container list {place.Vm}' shows which do.");
        }

        await using (var progress = new StepProgress(context, place.Name))
        {
            progress.Begin();
            await new ContainerWork(context, concierge, place, progress).StopAsync(cancel);
        }

        context.Console.Print($"{place.InWords} is stopped.");
        return ExitCode.Success;
    }
}

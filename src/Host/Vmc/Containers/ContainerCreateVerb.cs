using System.CommandLine;
using System.Globalization;
using VmTools.Host.Bus;
using VmTools.Host.Vmc.Cli;
using VmTools.Protocol;

namespace VmTools.Host.Vmc.Containers;

/// <summary>
/// <c>vmc container create</c>:
/// 1. the VM, made and started if need be;
/// 2. the stock container;
/// 3. its start, and its user.
/// </summary>
internal sealed class ContainerCreateVerb(VmcContext context, ContainerPlace place)
{
    public static Command Build(VmcContext context)
    {
        var names = ContainerArguments.New();
        var verb = new VerbCommand("create", "Makes a container in a VM, and starts both if need be.")
        {
            Examples =
            [
                new("vmc container create demo", "the container penguin in the VM demo"),
                new("vmc container create demo trixie", "another one, by this name"),
            ],
        };
        names.AddTo(verb);
        verb.SetAction((parsed, cancel) => new ContainerCreateVerb(context, names.Read(parsed)).RunAsync(cancel));
        return verb;
    }

    private async Task<int> RunAsync(CancellationToken cancel)
    {
        var start = context.Clock.GetTimestamp();
        await using var concierge = await context.ConnectAsync(cancel);

        // 1.
        await new ContainerHost(context, concierge, place.Vm).MakeReadyAsync(cancel);

        // 2. and 3.
        var user = await MakeAsync(concierge, cancel);
        var seconds = context.Clock.GetElapsedTime(start).TotalSeconds;
        context.Console.Print(string.Create(
            CultureInfo.InvariantCulture, $"{place.InWords} runs after {seconds:0.0} s; its user is '{user}'."));
        context.Console.Say($"Open a shell in it with: vsh {place.Vm} {place.Name}");
        return ExitCode.Success;
    }

    private async Task<string> MakeAsync(ConciergeClient concierge, CancellationToken cancel)
    {
        await using var progress = new StepProgress(context, place.Name);
        progress.Begin();
        var work = new ContainerWork(context, concierge, place, progress);
        if (!await work.CreateAsync(cancel))
        {
            throw new VmToolsException(
                ErrorKind.AlreadyExists, $"{place.InWords} is there already. Start it with: vmc container start {place.ForCommand}");
        }

        await work.StartAsync(cancel);
        return await work.SetUpUserAsync(cancel);
    }
}

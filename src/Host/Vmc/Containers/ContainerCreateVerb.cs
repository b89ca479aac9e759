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
        var user = await MakeAsync(concierge, start, cancel);
        var seconds = context.Clock.GetElapsedTime(start).TotalSeconds;
        context.Console.Print(string.Create(
            CultureInfo.InvariantCulture, $"{place.InWords} runs after {seconds:0.0} s; its user is '{user}'."));
        context.Console.Say($"Open a shell in it with: vsh {place.Vm} {place.Name}");
        return ExitCode.Success;
    }

    /// <summary>All of it, since a moment that the steps are counted from; who the container's user is.</summary>
    public async Task<string> MakeAsync(ConciergeClient concierge, long start, CancellationToken cancel)
    {
        // 1.
        await new ContainerHost(context, concierge, place.Vm).MakeReadyAsync(cancel);

        // 2.
        await using var progress = new StepProgress(context, place.Name, start);
        progress.Begin();
        var work = new ContainerWork(context, concierge, place, progress);
        if (!await work.CreateAsync(cancel))
        {
            throw new VmToolsException(
                ErrorKind.AlreadyExists, $"{place.InWords} is there already. Start it with: vmc container start {place.ForCommand}");
        }

        // 3.
        await work.StartAsync(cancel);
        return await work.SetUpUserAsync(cancel);
    }
}

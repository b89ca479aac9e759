using System.CommandLine;
using System.Globalization;
using VmTools.Host.Bus;
using VmTools.Host.Vmc.Cli;

namespace VmTools.Host.Vmc.Containers;

/// <summary><c>vmc container start</c>: a container that is there, and its VM if need be; one without a user gets it.</summary>
internal sealed class ContainerStartVerb(VmcContext context, ContainerPlace place)
{
    public static Command Build(VmcContext context)
    {
        var names = ContainerArguments.Known();
        var verb = new VerbCommand("start", "Starts a container, and its VM if need be.")
        {
            Examples =
            [
                new("vmc container start demo", "the container penguin of the VM demo"),
                new("vmc container start demo trixie", "another one"),
            ],
        };
        names.AddTo(verb);
        verb.SetAction((parsed, cancel) => new ContainerStartVerb(context, names.Read(parsed)).RunAsync(cancel));
        return verb;
    }

    private async Task<int> RunAsync(CancellationToken cancel)
    {
        var start = context.Clock.GetTimestamp();
        await using var concierge = await context.ConnectAsync(cancel);
        var host = new ContainerHost(context, concierge, place.Vm);
        await host.StartAsync(cancel);
        await host.ExpectAsync(place, cancel);
        var (hasStarted, user) = await StartAsync(concierge, start, cancel);
        var seconds = context.Clock.GetElapsedTime(start).TotalSeconds;
        context.Console.Print(hasStarted
            ? string.Create(CultureInfo.InvariantCulture, $"{place.InWords} runs after {seconds:0.0} s; its user is '{user}'.")
            : $"{place.InWords} is running already.");
        context.Console.Say($"Open a shell in it with: vsh {place.Vm} {place.Name}");
        return ExitCode.Success;
    }

    /// <summary>Starts a container of a VM that is ready; false where it runs already. A container without a user gets it.</summary>
    public async Task<(bool HasStarted, string User)> StartAsync(ConciergeClient concierge, long start, CancellationToken cancel)
    {
        await using var progress = new StepProgress(context, place.Name, start);
        progress.Begin();
        var work = new ContainerWork(context, concierge, place, progress);
        var hasStarted = await work.StartAsync(cancel);
        return (hasStarted, await work.SetUpUserAsync(cancel));
    }
}

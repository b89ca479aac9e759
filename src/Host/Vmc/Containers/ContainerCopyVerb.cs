using System.CommandLine;
using VmTools.Host.Vmc.Cli;

namespace VmTools.Host.Vmc.Containers;

/// <summary><c>vmc container copy</c>: another container with the same files; it is not started.</summary>
internal sealed class ContainerCopyVerb(VmcContext context, ContainerPlace place)
{
    public static Command Build(VmcContext context)
    {
        var names = ContainerArguments.Known().Named();
        var copy = new Argument<string>("NEW") { Description = "The name of the copy." };
        copy.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var name }, ..] && ContainerArguments.MistakeIn(name) is { } mistake)
            {
                result.AddError(mistake);
            }
        });
        var verb = new VerbCommand("copy", "Makes a copy of a container in the same VM; one that runs goes on.")
        {
            Examples = [new("vmc container copy demo penguin trial", "the container trial with the files of penguin")],
        };
        names.AddTo(verb);
        verb.Add(copy);
        verb.SetAction((parsed, cancel) =>
            new ContainerCopyVerb(context, names.Read(parsed)).RunAsync(parsed.GetRequiredValue(copy), cancel));
        return verb;
    }

    private async Task<int> RunAsync(string copy, CancellationToken cancel)
    {
        await using var concierge = await context.ConnectAsync(cancel);
        var host = new ContainerHost(context, concierge, place.Vm);
        await host.ExpectRunningAsync(cancel);
        await host.ExpectAsync(place, cancel);
        var made = new ContainerPlace(place.Vm, copy);
        await using (var progress = new StepProgress(context, copy))
        {
            progress.Begin();
            await new ContainerWork(context, concierge, made, progress).CopyAsync(place.Name, cancel);
        }

        context.Console.Print($"{made.InWords} is a copy of container '{place.Name}'.");
        context.Console.Say($"Start it with: vmc container start {made.ForCommand}");
        return ExitCode.Success;
    }
}

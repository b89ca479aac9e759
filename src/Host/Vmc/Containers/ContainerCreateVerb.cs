using System.CommandLine;
using System.Globalization;
using VmTools.Host.Bus;
using VmTools.Host.Vmc.Cli;
using VmTools.Host.Vmc.Containers.Sources;
using VmTools.Protocol;

namespace VmTools.Host.Vmc.Containers;

/// <summary>
/// <c>vmc container create</c>:
/// 1. the VM, made and started if need be;
/// 2. the stock container, or one of an image that the user has;
/// 3. its start, and its user.
/// </summary>
internal sealed class ContainerCreateVerb(VmcContext context, ContainerPlace place, string? source = null)
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
                new("vmc container create demo alpine --from alpine.tar.gz", "of a root file system or an OCI image"),
                new("vmc container create demo fedora --from docker://docker.io/library/fedora", "of a registry's image"),
            ],
        };
        var from = new Option<string?>("--from")
        {
            Description = "Makes it of this and not of the stock image: a tar with a root file system, an OCI archive, a directory with an "
                + $"OCI layout, or {ImageFile.RegistryPrefix}IMAGE, which skopeo fetches.",
            HelpName = "SOURCE",
        };
        names.AddTo(verb);
        verb.Add(from);
        verb.SetAction((parsed, cancel) =>
            new ContainerCreateVerb(context, names.Read(parsed), parsed.GetValue(from)).RunAsync(cancel));
        return verb;
    }

    /// <summary>All of it, since a moment that the steps are counted from; who the container's user is.</summary>
    public async Task<string> MakeAsync(ConciergeClient concierge, long start, CancellationToken cancel)
    {
        // 1.
        var host = new ContainerHost(context, concierge, place.Vm);
        await host.MakeReadyAsync(cancel);
        var rootPath = await SendAsync(host, cancel);

        // 2.
        await using var progress = new StepProgress(context, place.Name, start);
        progress.Begin();
        var work = new ContainerWork(context, concierge, place, progress);
        if (!await work.CreateAsync(rootPath, cancel))
        {
            throw IsThere();
        }

        // 3.
        await work.StartAsync(cancel);
        return await work.SetUpUserAsync(cancel);
    }

    private async Task<int> RunAsync(CancellationToken cancel)
    {
        if (source is not null)
        {
            SendImage.Check(source);
        }

        var start = context.Clock.GetTimestamp();
        await using var concierge = await context.ConnectAsync(cancel);
        var user = await MakeAsync(concierge, start, cancel);
        var seconds = context.Clock.GetElapsedTime(start).TotalSeconds;
        context.Console.Print(string.Create(
            CultureInfo.InvariantCulture, $"{place.InWords} runs after {seconds:0.0} s; its user is '{user}'."));
        context.Console.Say($"Open a shell in it with: vsh {place.Vm} {place.Name}");
        return ExitCode.Success;
    }

    /// <summary>Where in the VM lies what it is made from; empty for the stock container.</summary>
    private async Task<string> SendAsync(ContainerHost host, CancellationToken cancel)
    {
        if (source is null)
        {
            return "";
        }

        return await host.FindAsync(place.Name, cancel) is null
            ? await new SendImage(context, place.Vm).RunAsync(source, cancel)
            : throw IsThere();
    }

    private VmToolsException IsThere() => new(
        ErrorKind.AlreadyExists, $"{place.InWords} is there already. Start it with: vmc container start {place.ForCommand}");
}

using System.CommandLine;
using VmTools.Host.GuestText;
using VmTools.Host.Vmc.Cli;

namespace VmTools.Host.Vmc.Containers;

/// <summary><c>vmc container info</c>: all that is known of one container of a VM that runs.</summary>
internal sealed class ContainerInfoVerb(VmcContext context, ContainerPlace place)
{
    public static Command Build(VmcContext context)
    {
        var names = ContainerArguments.Known();
        var json = CommonOptions.Json();
        var verb = new VerbCommand("info", "Shows what is known of a container.")
        {
            Examples =
            [
                new("vmc container info demo", "the container penguin of the VM demo"),
                new("vmc container info demo trixie --json", "another one, for programs"),
            ],
        };
        names.AddTo(verb);
        verb.Add(json);
        verb.SetAction((parsed, cancel) => new ContainerInfoVerb(context, names.Read(parsed)).RunAsync(parsed.GetValue(json), cancel));
        return verb;
    }

    private async Task<int> RunAsync(bool asJson, CancellationToken cancel)
    {
        await using var concierge = await context.ConnectAsync(cancel);
        var host = new ContainerHost(context, concierge, place.Vm);
        await host.ExpectRunningAsync(cancel);
        var container = ContainerRow.Of(await host.ExpectAsync(place, cancel));
        if (asJson)
        {
            context.Console.PrintJson(container);
            return ExitCode.Success;
        }

        Show("name", container.Name);
        Show("VM", place.Vm);
        Show("state", container.State.ToLowerInvariant());
        Show("address", container.Ipv4);
        Show("user", container.Username);
        Show("system", container.Os);
        Show("image", container.Image);
        Show("ports", container.Ports.Count > 0 ? string.Join(", ", container.Ports) : null);
        return ExitCode.Success;
    }

    private void Show(string label, string? value)
    {
        if (value is not null)
        {
            context.Console.Print($"{label + ":",-9}{SafeText.ForCell(value)}");
        }
    }
}

using System.CommandLine;
using System.Globalization;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Vmc.Cli;
using VmTools.Linux;
using VmTools.Protocol;

namespace VmTools.Host.Vmc.Containers;

/// <summary><c>vmc container export</c>: a container as an archive, which import, LXD and Incus read.</summary>
internal sealed class ContainerExportVerb(VmcContext context, ContainerPlace place)
{
    public const string Standard = "-";

    public static Command Build(VmcContext context)
    {
        var names = ContainerArguments.Known().Named();
        var file = new Argument<string>("FILE")
        {
            Description = "The new file; compressed where its name ends in .zst or .gz. - for standard output.",
        };
        var verb = new VerbCommand("export", "Writes a container into an archive; one that runs goes on.")
        {
            Examples =
            [
                new("vmc container export demo penguin penguin.tar.zst", "compressed by zstd"),
                new("vmc container export demo penguin - | tar -t", "what would be in it"),
            ],
        };
        names.AddTo(verb);
        verb.Add(file);
        verb.SetAction((parsed, cancel) =>
            new ContainerExportVerb(context, names.Read(parsed)).RunAsync(parsed.GetRequiredValue(file), cancel));
        return verb;
    }

    private async Task<int> RunAsync(string path, CancellationToken cancel)
    {
        if (path == Standard && context.Console.IsOutputTerminal)
        {
            throw new VmToolsException(
                ErrorKind.InvalidArgument, "An archive is nothing for a terminal. Redirect the output, or name a file.");
        }

        await using var concierge = await context.ConnectAsync(cancel);
        var host = new ContainerHost(context, concierge, place.Vm);
        await host.ExpectRunningAsync(cancel);
        await host.ExpectAsync(place, cancel);
        using var file = path == Standard ? null : ExportFile.New(path);
        using var output = file?.Descriptor() ?? FdHandle.Standard(1);
        var bytes = await ExportAsync(concierge, output, ExportFile.CompressionOf(path), cancel);
        file?.Keep();
        context.Console.Say($"{place.InWords} is exported: {SizeText.Show(bytes)}.");
        return ExitCode.Success;
    }

    private async Task<ulong> ExportAsync(ConciergeClient concierge, FdHandle output, string compression, CancellationToken cancel)
    {
        await using var news = await concierge.Cicerone.SubscribeOwnAsync(CiceroneBus.ExportProgressSignal, cancel);
        await using var progress = new StepProgress(context, place.Name);
        progress.Begin();
        progress.Step("Exporting the container");
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var following = FollowAsync(news, concierge.Owner.Value, progress, over.Token);
        try
        {
            return await concierge.Cicerone.ExportAsync(place.Vm, place.Name, compression, output, cancel);
        }
        finally
        {
            await over.CancelAsync();
            await following;
        }
    }

    private async Task FollowAsync(BusSubscription news, string owner, StepProgress progress, CancellationToken cancel)
    {
        try
        {
            await foreach (var signal in news.ReadAllAsync(cancel))
            {
                if (signal.Body is { Signature: "sssttt" } body
                    && body.Text(0) == owner && body.Text(1) == place.Vm && body.Text(2) == place.Name)
                {
                    progress.Update(Sentence(body.LongNumber(3), body.LongNumber(4), body.LongNumber(5)));
                }
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or DBusException)
        {
            // The call itself tells how it ended.
        }
    }

    private static string Sentence(ulong read, ulong readable, ulong written) => readable == 0
        ? "Preparing the export"
        : string.Create(
            CultureInfo.InvariantCulture,
            $"Exporting the container: {Math.Min(100, read * 100.0 / readable):0} % of {SizeText.Show(readable)}, "
            + $"{SizeText.Show(written)} written");
}

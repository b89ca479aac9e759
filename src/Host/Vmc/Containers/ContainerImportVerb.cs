using System.CommandLine;
using System.Globalization;
using VmTools.Host.Bus;
using VmTools.Host.Vmc.Cli;
using VmTools.Linux;
using VmTools.Protocol;

namespace VmTools.Host.Vmc.Containers;

/// <summary><c>vmc container import</c>: a new container from an archive, as export writes it; it is not started.</summary>
internal sealed class ContainerImportVerb(VmcContext context, ContainerPlace place)
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(500);

    public static Command Build(VmcContext context)
    {
        var names = ContainerArguments.New().Named();
        var file = new Argument<string>("FILE") { Description = "The archive, or - for standard input." };
        var verb = new VerbCommand("import", "Makes a container from an archive, in a VM that is started if need be.")
        {
            Examples =
            [
                new("vmc container import demo copy penguin.tar.zst", "under another name"),
                new("vmc container export demo penguin - | vmc container import other penguin -", "into another VM"),
            ],
        };
        names.AddTo(verb);
        verb.Add(file);
        verb.SetAction((parsed, cancel) =>
            new ContainerImportVerb(context, names.Read(parsed)).RunAsync(parsed.GetRequiredValue(file), cancel));
        return verb;
    }

    private async Task<int> RunAsync(string path, CancellationToken cancel)
    {
        using var input = Open(path);
        await using var concierge = await context.ConnectAsync(cancel);
        var host = new ContainerHost(context, concierge, place.Vm);
        await host.MakeReadyAsync(cancel);
        if (await host.FindAsync(place.Name, cancel) is not null)
        {
            throw Exists();
        }

        await using (var progress = new StepProgress(context, place.Name))
        {
            progress.Begin();
            progress.Step("Sending the archive to the VM");
            var file = await SendAsync(concierge, input, progress, cancel);
            if (!await new ContainerWork(context, concierge, place, progress).CreateAsync(file, cancel))
            {
                throw Exists();
            }
        }

        context.Console.Print($"{place.InWords} is made from the archive.");
        context.Console.Say($"Start it with: vmc container start {place.ForCommand}");
        return ExitCode.Success;
    }

    private static FdHandle Open(string path)
    {
        try
        {
            return path == ContainerExportVerb.Standard ? FdHandle.Standard(0) : FdHandle.Open(path, OpenFlags.ReadOnly);
        }
        catch (LinuxException refused)
        {
            throw new VmToolsException(ErrorKind.NotFound, $"'{path}' cannot be read: {refused.Errno}.", refused);
        }
    }

    private async Task<string> SendAsync(ConciergeClient concierge, FdHandle input, StepProgress progress, CancellationToken cancel)
    {
        var start = PositionOf(input);
        var bytes = Fd.KindOf(input) == FileKind.Regular ? (ulong)Fd.SizeOf(input) - start : 0;
        var sending = concierge.Cicerone.SendFileAsync(place.Vm, bytes, input, cancel);
        while (bytes > 0 && await Task.WhenAny(sending, Task.Delay(Beat, context.Clock, cancel)) != sending)
        {
            var sent = Math.Min(PositionOf(input) - start, bytes);
            progress.Update(string.Create(
                CultureInfo.InvariantCulture,
                $"Sending the archive to the VM: {sent * 100 / bytes} % of {SizeText.Show(bytes)}"));
        }

        return await sending;
    }

    /// <summary>How far the file has been read, by whomever: the daemon's descriptor is of the same open file.</summary>
    private static ulong PositionOf(FdHandle file)
    {
        var line = File.ReadLines($"/proc/self/fdinfo/{file.DangerousGetHandle()}").First();
        return ulong.Parse(line.Split('\t')[^1], CultureInfo.InvariantCulture);
    }

    private VmToolsException Exists() => new(
        ErrorKind.AlreadyExists, $"{place.InWords} is there already. Name another, or delete it: vmc container delete {place.ForCommand}");
}

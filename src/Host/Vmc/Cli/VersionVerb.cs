using System.CommandLine;
using System.CommandLine.Invocation;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.CommandLine;
using VmTools.Host.HostFacts;
using VmTools.Protocol;

namespace VmTools.Host.Vmc.Cli;

/// <summary><c>vmc version</c>: program, image and, when it runs, daemon. Starts nothing.</summary>
internal sealed class VersionVerb(VmcContext context)
{
    /// <summary>A daemon that is too busy to say its version should not hold up ours.</summary>
    private static readonly TimeSpan AskLimit = TimeSpan.FromSeconds(5);

    public static Command Build(VmcContext context)
    {
        var json = CommonOptions.Json();
        var verb = new VerbCommand("version", "Shows the versions of program, guest image and daemon.")
        {
            Examples = [new("vmc version", "for people"), new("vmc version --json", "for programs")],
        };
        verb.Add(json);
        verb.SetAction((parsed, cancel) => new VersionVerb(context).RunAsync(parsed.GetValue(json), cancel));
        return verb;
    }

    /// <summary><c>vmc --version</c>: the program alone, as every program tells it.</summary>
    public static Option<bool> Option(VmcContext context) =>
        new("--version") { Description = "Show the version of vmc.", Action = new Saying(context) };

    private async Task<int> RunAsync(bool asJson, CancellationToken cancel)
    {
        var image = ImageManifest.TryReadFrom(context.Instance.Directories.Image);
        var report = new VersionReport(ProgramVersion.Text)
        {
            Image = image?.Version,
            ImageHash = image?.Hash,
            GuestKernel = image?.Kernel,
            Daemon = await AskDaemonAsync(cancel),
        };
        var console = context.Console;
        if (asJson)
        {
            console.PrintJson(report);
            return ExitCode.Success;
        }

        console.Print($"vmc           {report.Program}");
        console.Print(image is null
            ? $"guest image   none in {context.Instance.Directories.Image}"
            : $"guest image   {image.Version} ({image.Hash}), kernel {image.Kernel}");
        console.Print($"vm_concierge  {report.Daemon ?? "does not run"}");
        return ExitCode.Success;
    }

    private async Task<string?> AskDaemonAsync(CancellationToken cancel)
    {
        await using var concierge = await ConciergeClient.TryConnectAsync(context.Instance, cancel);
        if (concierge is null)
        {
            return null;
        }

        try
        {
            using var answer = await concierge.CallAsync(
                new ConciergeCall("Version", BusBody.Empty, AskLimit) { Interface = ConciergeBus.OwnInterface }, cancel);
            return answer.Text(0);
        }
        catch (VmToolsException)
        {
            return "runs, and does not tell its version";
        }
    }

    internal sealed class Saying(VmcContext context) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            context.Console.Print($"vmc {ProgramVersion.Text}");
            return ExitCode.Success;
        }
    }
}

/// <summary>Which versions are at work; null is "none" for the image and "does not run" for the daemon.</summary>
internal sealed record VersionReport(string Program)
{
    public string? Image { get; init; }

    public string? ImageHash { get; init; }

    public string? GuestKernel { get; init; }

    public string? Daemon { get; init; }
}

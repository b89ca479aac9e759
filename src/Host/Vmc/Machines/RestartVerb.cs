using System.CommandLine;
using VmTools.Host.Vmc.Cli;

namespace VmTools.Host.Vmc.Machines;

/// <summary>
/// <c>vmc restart</c>: a stop, where the VM runs, and a start. Nothing keeps the options of the former start, so they are given again.
/// </summary>
internal sealed class RestartVerb(VmcContext context, StartOptions options)
{
    public static Command Build(VmcContext context)
    {
        var words = new StartArguments();
        var verb = new VerbCommand("restart", "Stops a VM if it runs, and starts it with the options given here.")
        {
            Examples = [new("vmc restart demo", "as 'vmc start demo' starts it"), new(
                "vmc restart demo --mem 2G", "with 2 GiB from now on")],
        };
        words.AddTo(verb);
        verb.SetAction((parsed, cancel) => new RestartVerb(context, words.Read(parsed)).RunAsync(cancel));
        return verb;
    }

    private async Task<int> RunAsync(CancellationToken cancel)
    {
        // What the start would refuse is found before the stop.
        options.OpenFiles().Dispose();
        await using (var concierge = await context.ConnectAsync(cancel))
        {
            if (await concierge.InfoAsync(options.Name, cancel) is not null
                && !await new StopVerb(context, force: false, asJson: false).StopAsync(concierge, options.Name, cancel))
            {
                return ExitCode.Failed;
            }
        }

        return await new StartVerb(context, options).RunAsync(cancel);
    }
}

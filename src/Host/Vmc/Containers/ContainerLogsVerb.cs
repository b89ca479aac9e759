using System.CommandLine;
using VmTools.Host.LogStore;
using VmTools.Host.Vmc.Cli;
using VmTools.Host.Vmc.Logs;

namespace VmTools.Host.Vmc.Containers;

/// <summary><c>vmc container logs</c>: what a container logged, which is a part of its VM's log and stays when it has gone.</summary>
internal static class ContainerLogsVerb
{
    public static Command Build(VmcContext context)
    {
        var names = ContainerArguments.Known();
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on with what comes." };
        var lines = new Option<int?>("--lines", "-n") { Description = "Only the last so many lines.", HelpName = "N" };
        var json = CommonOptions.Json();
        var verb = new VerbCommand("logs", "Prints what a container logged; 'vmc logs VM --container NAME' has more options.")
        {
            Examples =
            [
                new("vmc container logs demo -n 20", "the last 20 lines of penguin in the VM demo"),
                new("vmc container logs demo trixie -f", "go on with what another one logs"),
            ],
        };
        names.AddTo(verb);
        verb.Add(follow);
        verb.Add(lines);
        verb.Add(json);
        lines.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is < 0)
            {
                result.AddError("The number of lines cannot be negative.");
            }
        });
        verb.SetAction((parsed, cancel) =>
        {
            var place = names.Read(parsed);
            var options = new LogsOptions(place.Vm)
            {
                Container = place.Name,
                Sources = [LogSource.User],
                Follow = parsed.GetValue(follow),
                Lines = parsed.GetValue(lines),
                AsJson = parsed.GetValue(json),
            };
            return new LogsVerb(context, options).RunAsync(cancel);
        });
        return verb;
    }
}

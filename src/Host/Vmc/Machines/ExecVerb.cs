using System.CommandLine;
using VmTools.Host.Vmc.Cli;

namespace VmTools.Host.Vmc.Machines;

/// <summary><c>vmc exec</c>: what <c>vsh NAME -- COMMAND</c> does, with the command's exit code, by becoming vsh.</summary>
internal static class ExecVerb
{
    public static Command Build(VmcContext context)
    {
        var name = CommonOptions.Name();
        var words = new VshOptionNames();
        var command = new Argument<string[]>("COMMAND")
        {
            Description = "Behind --: variables as KEY=VALUE, the command, its arguments.",
            Arity = ArgumentArity.OneOrMore,
        };
        var verb = new VerbCommand("exec", "Runs a command in a VM, as 'vsh NAME -- COMMAND' does.")
        {
            BehindDashes = command,
            Examples =
            [
                new("vmc exec demo -- uname -a", "its output, errors and exit code"),
                new("vmc exec demo --user root -- LANG=C ls -l /root", "as root, with a variable"),
            ],
        };
        verb.Add(name);
        verb.Add(command);
        words.AddTo(verb);
        verb.SetAction(parsed => VshProcess.Become(
            context, [.. words.Read(parsed), parsed.GetRequiredValue(name), "--", .. parsed.GetRequiredValue(command)]));
        return verb;
    }
}

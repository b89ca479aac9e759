using System.CommandLine;
using VmTools.Host.Vmc.Cli;
using VmTools.Host.Vmc.Machines;
using VmTools.Protocol.Wire;

namespace VmTools.Host.Vmc.Containers;

/// <summary>
/// <c>vmc container exec</c>: what <c>vsh VM CONTAINER -- COMMAND</c> does, with the command's exit code, by becoming vsh.
/// </summary>
internal static class ContainerExecVerb
{
    public static Command Build(VmcContext context)
    {
        var vm = CommonOptions.Name(ContainerArguments.VmWord);
        var words = new VshOptionNames();
        var command = new Argument<string[]>("COMMAND")
        {
            Description = $"The container's name, if it is not {ContainerNameRule.Default}; then, behind --: variables as KEY=VALUE, the "
                + "command, its arguments.",
            Arity = ArgumentArity.OneOrMore,
        };
        var verb = new VerbCommand("exec", "Runs a command in a container, as 'vsh VM CONTAINER -- COMMAND' does.")
        {
            BehindDashes = command,
            NamesBeforeDashes = 1,
            Examples =
            [
                new("vmc container exec demo -- uname -a", "its output, errors and exit code"),
                new("vmc container exec demo trixie --user root -- LANG=C ls -l /root", "as root, with a variable, in another container"),
            ],
        };
        verb.Add(vm);
        verb.Add(command);
        words.AddTo(verb);
        verb.SetAction(parsed =>
        {
            var (names, behind) = DashedWords.Of(parsed, command);
            var place = new ContainerPlace(parsed.GetRequiredValue(vm), names.Count > 0 ? names[0] : ContainerNameRule.Default);
            return VshProcess.Become(context, [.. words.Read(parsed), .. VshWords.Of(place), "--", .. behind]);
        });
        return verb;
    }
}

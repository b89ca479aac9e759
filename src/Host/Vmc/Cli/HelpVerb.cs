using System.CommandLine;

namespace VmTools.Host.Vmc.Cli;

/// <summary>
/// <c>vmc help</c>, as the help and the completion show it: <see cref="VmcProgram.Parse"/> reads it as the --help of a verb.
/// </summary>
internal static class HelpVerb
{
    public static Command Build()
    {
        var verb = new VerbCommand("help", "Shows help: of vmc, or of a verb.")
        {
            Examples = [new("vmc help start", "the same as vmc start --help"), new("vmc help disk create", "of a verb below another")],
        };
        verb.Add(new Argument<string[]>("VERB") { Description = "The verb; all of vmc when absent.", Arity = ArgumentArity.ZeroOrMore });
        verb.SetAction(_ => ExitCode.Success);
        return verb;
    }
}

using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace VmTools.Host.Vmc.Cli;

/// <summary>The parser's own help for a verb, followed by examples.</summary>
internal sealed class VerbHelp(VmcConsole console) : SynchronousCommandLineAction
{
    private const int Narrowest = 40;
    private const int Widest = 100;

    public override int Invoke(ParseResult parseResult)
    {
        var output = parseResult.InvocationConfiguration.Output;
        new HelpAction { MaxWidth = Math.Clamp(console.Width, Narrowest, Widest) }.Invoke(parseResult);
        if (parseResult.CommandResult.Command is VerbCommand { Examples.Count: > 0 } verb)
        {
            var width = verb.Examples.Max(example => example.CommandLine.Length);
            output.WriteLine("Examples:");
            foreach (var example in verb.Examples)
            {
                output.WriteLine($"  {example.CommandLine.PadRight(width)}  {example.Effect}");
            }

            output.WriteLine();
        }

        return ExitCode.Success;
    }
}

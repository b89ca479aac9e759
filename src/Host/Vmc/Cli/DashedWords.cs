using System.CommandLine;
using System.CommandLine.Parsing;

namespace VmTools.Host.Vmc.Cli;

/// <summary>The words of one argument, divided where <c>--</c> stands on the command line.</summary>
internal readonly record struct DashedWords(IReadOnlyList<string> Before, IReadOnlyList<string> Behind)
{
    public static DashedWords Of(ParseResult parsed, Argument argument)
    {
        var before = parsed.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash)
            .ToHashSet<object>(ReferenceEqualityComparer.Instance);
        var words = parsed.GetResult(argument)?.Tokens ?? [];
        return new DashedWords(
            [.. words.Where(before.Contains).Select(token => token.Value)],
            [.. words.Where(token => !before.Contains(token)).Select(token => token.Value)]);
    }
}

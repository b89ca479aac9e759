using System.CommandLine;
using System.CommandLine.Parsing;

namespace VmTools.Host.Vmc;

/// <summary>Says what is wrong with a command line: one specific sentence and the command that shows the help.</summary>
internal static class UsageMistake
{
    /// <summary>Words no further apart than this are taken for typing mistakes of each other.</summary>
    private const int TypingDistance = 2;

    /// <summary>The two lines, or null when the command line is right.</summary>
    public static string? In(ParseResult parsed) =>
        Sentence(parsed) is { } sentence ? $"vmc: {sentence}\nSee '{PathOf(parsed.CommandResult)} --help'." : null;

    private static string? Sentence(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var path = PathOf(parsed.CommandResult);
        if (parsed.Errors.Count == 0)
        {
            return null;
        }

        if (command.Subcommands.Count > 0)
        {
            return parsed.UnmatchedTokens is [var word, ..] ? Unknown(path, word, command) : $"say what '{path}' is to do: {Words(command)}.";
        }

        if (parsed.UnmatchedTokens is [var surplus, ..])
        {
            return surplus.StartsWith('-') ? $"'{path}' has no option '{surplus}'." : $"'{path}' does not take '{surplus}'.";
        }

        return Missing(parsed, path) ?? parsed.Errors[0].Message;
    }

    private static string? Missing(ParseResult parsed, string path)
    {
        var missing = parsed.CommandResult.Command.Arguments.FirstOrDefault(argument =>
            argument.Arity.MinimumNumberOfValues > 0 && parsed.GetResult(argument) is null or { Tokens.Count: 0 });
        return missing is not null && missing.Arity.MinimumNumberOfValues > 0
            ? $"'{path}' needs {missing.Name}: {char.ToLowerInvariant(missing.Description![0])}{missing.Description[1..]}"
            : null;
    }

    private static string Unknown(string path, string word, Command command)
    {
        var near = command.Subcommands.Where(verb => !verb.Hidden).Select(verb => verb.Name)
            .Select(name => (name, distance: Distance(word, name))).Where(pair => pair.distance <= TypingDistance)
            .OrderBy(pair => pair.distance).Select(pair => pair.name).FirstOrDefault();
        return near is null
            ? $"'{path}' knows no '{word}'; it knows {Words(command)}."
            : $"'{path}' knows no '{word}'. Did you mean '{near}'?";
    }

    private static string Words(Command command) => string.Join(", ", command.Subcommands.Where(verb => !verb.Hidden).Select(verb => verb.Name));

    private static string PathOf(CommandResult result) =>
        result.Parent is CommandResult parent ? $"{PathOf(parent)} {result.Command.Name}" : result.Command.Name;

    /// <summary>Insertions, deletions and replacements from one word to the other.</summary>
    private static int Distance(string from, string to)
    {
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + (from[i - 1] == to[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[^1];
    }
}

using System.CommandLine;
using System.CommandLine.Parsing;
using VmTools.Host.Vms;

namespace VmTools.Host.Vmc.Cli;

/// <summary>Says what is wrong with a command line: one specific sentence and the command that shows the help.</summary>
internal static class UsageMistake
{
    /// <summary>Words no further apart than this are taken for typing mistakes of each other.</summary>
    private const int TypingDistance = 2;

    /// <summary>What other programs call the same.</summary>
    private static readonly Dictionary<string, string> HabitualOptions = new(StringComparer.Ordinal)
    {
        ["--memory"] = "--mem",
        ["--ram"] = "--mem",
        ["--memory-size"] = "--mem",
        ["-m"] = "--mem",
        ["--cpu"] = "--cpus",
        ["--vcpus"] = "--cpus",
        ["--cores"] = "--cpus",
        ["--smp"] = "--cpus",
        ["-c"] = "--cpus",
        ["--disk-size"] = "--size",
        ["--disk"] = "--extra-disk",
        ["--drive"] = "--extra-disk",
        ["--append"] = "--kernel-param",
        ["--cmdline"] = "--kernel-param",
        ["--type"] = "--vm-type",
        ["--initramfs"] = "--initrd",
        ["--root"] = "--rootfs",
        ["--wait"] = "--timeout",
        ["--force"] = "--yes",
        ["-f"] = "--yes",
        ["-a"] = "--all",
        ["--tail"] = "--lines",
        ["--format"] = "--json",
        ["-o"] = "--json",
    };

    private static readonly Dictionary<string, string> HabitualVerbs = new(StringComparer.Ordinal)
    {
        ["rm"] = "disk destroy",
        ["remove"] = "disk destroy",
        ["delete"] = "disk destroy",
        ["destroy"] = "disk destroy",
        ["create"] = "disk create",
        ["run"] = "start",
        ["up"] = "start",
        ["boot"] = "start",
        ["launch"] = "start",
        ["down"] = "stop",
        ["kill"] = "stop",
        ["poweroff"] = "stop",
        ["shutdown"] = "stop",
        ["reboot"] = "restart",
        ["ssh"] = "shell",
        ["attach"] = "shell",
        ["console"] = "shell",
        ["enter"] = "shell",
        ["copy"] = "cp",
        ["scp"] = "cp",
        ["status"] = "list",
        ["show"] = "info",
        ["inspect"] = "info",
        ["log"] = "logs",
        ["crashes"] = "crash list",
        ["disks"] = "disk list",
    };

    /// <summary>Words for the same, of which a verb with verbs below it knows one.</summary>
    private static readonly string[][] HabitualBelow =
    [
        ["create", "make", "add", "new"],
        ["delete", "destroy", "remove", "rm"],
        ["start", "run", "up", "boot", "launch"],
        ["stop", "down", "kill", "shutdown", "halt"],
        ["list", "ps", "status"],
        ["shell", "ssh", "attach", "console", "enter"],
    ];

    /// <summary>The sentence and where there is help, or null when the command line is right.</summary>
    public static string? In(ParseResult parsed) =>
        Sentence(parsed) is { } sentence ? $"{sentence}\nSee '{PathOf(parsed.CommandResult)} --help'." : null;

    private static string? Sentence(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var path = PathOf(parsed.CommandResult);
        if (UnknownOption(parsed) is { } option)
        {
            var name = option.Split('=')[0];
            return $"'{path}' has no option '{VmNameRule.Shown(name)}'.{Hint(name, parsed.CommandResult)}";
        }

        if (BeforeDashes(parsed, command) is { } early)
        {
            return $"'{VmNameRule.Shown(early)}' goes behind --, as in: {path} {command.Arguments[0].Name} -- {VmNameRule.Shown(early)}";
        }

        if (parsed.Action is VerbHelp)
        {
            // Help for a verb that is not there would be help for another one.
            return parsed.UnmatchedTokens is [['-', ..], ..] or [] || command.Subcommands.Count == 0
                ? null
                : Unknown(path, parsed.UnmatchedTokens[0], command);
        }

        if (parsed.Errors.Count == 0 || parsed.Action is VersionVerb.Saying)
        {
            return null;
        }

        if (command.Subcommands.Count > 0)
        {
            return parsed.UnmatchedTokens is [var word, ..]
                ? Unknown(path, word, command)
                : $"say what '{path}' is to do: {Words(command)}.";
        }

        return parsed.UnmatchedTokens is [var surplus, ..]
            ? $"'{path}' does not take '{VmNameRule.Shown(surplus)}'."
            : Missing(parsed, path) ?? parsed.Errors[0].Message;
    }

    /// <summary>
    /// The parser takes what it does not know for an argument. Before <c>--</c> no argument begins with a dash but the dash alone, so that
    /// a mistyped option never becomes the name of a VM.
    /// </summary>
    private static string? UnknownOption(ParseResult parsed)
    {
        var values = Chain(parsed.CommandResult).SelectMany(result => result.Children.OfType<OptionResult>())
            .SelectMany(result => result.Tokens)
            .ToHashSet<object>(ReferenceEqualityComparer.Instance);
        return parsed.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash)
            .FirstOrDefault(token => token is { Type: TokenType.Argument, Value: ['-', _, ..] } && !values.Contains(token))?.Value;
    }

    private static string? BeforeDashes(ParseResult parsed, Command command)
    {
        if (command is not VerbCommand { BehindDashes: { } behind } verb)
        {
            return null;
        }

        var (before, after) = DashedWords.Of(parsed, behind);
        return before.Skip(after.Count > 0 ? verb.NamesBeforeDashes : 0).FirstOrDefault();
    }

    private static string Hint(string name, CommandResult result)
    {
        var known = Chain(result).SelectMany(level => level.Command.Options).Where(known => !known.Hidden)
            .SelectMany(known => known.Aliases.Append(known.Name)).ToList();
        var near = HabitualOptions.GetValueOrDefault(name) is { } meant && known.Contains(meant) ? meant
            : name.StartsWith("--", StringComparison.Ordinal) ? Nearest(name, known)
            : known.Find(known => known is ['-', not '-']
                && name.StartsWith(known, StringComparison.Ordinal)) is { } letter ? $"{letter} {name[2..]}"
            : null;
        return near is null ? "" : $" Did you mean '{near}'?";
    }

    private static IEnumerable<CommandResult> Chain(CommandResult result)
    {
        for (CommandResult? level = result; level is not null; level = level.Parent as CommandResult)
        {
            yield return level;
        }
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
        if (command.Parents.OfType<Command>().FirstOrDefault() is null && HabitualVerbs.GetValueOrDefault(word) is { } meant)
        {
            return $"'{path}' knows no '{word}'. Did you mean '{path} {meant}'?";
        }

        var verbs = command.Subcommands.Where(verb => !verb.Hidden).ToList();
        var synonyms = HabitualBelow.FirstOrDefault(words => words.Contains(word)) ?? [];
        var near = synonyms.FirstOrDefault(same => verbs.Exists(verb => verb.Name == same))
            ?? Nearest(word, verbs.SelectMany(verb => verb.Aliases.Append(verb.Name)));
        return near is null
            ? $"'{path}' knows no '{VmNameRule.Shown(word)}'; it knows {Words(command)}."
            : $"'{path}' knows no '{word}'. Did you mean '{near}'?";
    }

    private static string? Nearest(string word, IEnumerable<string> known) => known
        .Select(name => (name, distance: Distance(word, name))).Where(pair => pair.distance <= TypingDistance)
        .OrderBy(pair => pair.distance).Select(pair => pair.name).FirstOrDefault();

    private static string Words(Command command) =>
        string.Join(", ", command.Subcommands.Where(verb => !verb.Hidden).Select(verb => verb.Name));

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

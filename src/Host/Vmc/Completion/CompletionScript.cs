using System.CommandLine;
using System.CommandLine.Completions;
using System.Text;
using VmTools.Host.Vmc.Cli;

namespace VmTools.Host.Vmc.Completion;

/// <summary>
/// Completion scripts made from the same tree of verbs that reads the command line, so that they cannot disagree with it.
/// After a verb that takes the name of a VM or of a container, names come from the daemon only when it runs already: completing a word must
/// not start anything.
/// </summary>
internal static class CompletionScript
{
    /// <summary>Prints one VM name a line; empty when nothing runs.</summary>
    private const string Names = "vmc names 2>/dev/null";

    /// <summary>The same, or the names of the containers in the VM that was typed before.</summary>
    private const string ContainerNames = "vmc names ${vm:+\"$vm\"} 2>/dev/null";

    public static string Bash(Command root)
    {
        var cases = new StringBuilder();
        foreach (var (path, command) in Walk(root, ""))
        {
            cases.Append("        \"").Append(path).Append("\") words=\"").Append(string.Join(' ', WordsOf(command)));
            cases.Append(TakesContainer(command) ? $" $({ContainerNames})" : TakesName(command) ? $" $({Names})" : "").Append("\" ;;\n");
        }

        return $$"""
            # bash completion for vmc
            _vmc() {
                local path="" words="" word vm=""
                local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD-1]}"
                for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
                    case "$path $word" in
            {{Alternatives(root)}}
                        path="$path $word" ;;
                        *) [[ $word == -* || -n $vm ]] || vm="$word" ;;
                    esac
                done
                case "$path:$prev" in
            {{ValuesOf(root)}}
                esac
                case "$path" in
            {{cases.ToString().TrimEnd('\n')}}
                esac
                COMPREPLY=($(compgen -W "$words" -- "$cur"))
            }
            complete -o default -F _vmc vmc

            {{VshCompletion.Bash}}
            """;
    }

    /// <summary>zsh runs bash's script once it has been told how.</summary>
    public static string Zsh(Command root) => $"""
        #compdef vmc vsh
        autoload -U +X bashcompinit && bashcompinit
        {Bash(root)}
        """;

    public static string Fish(Command root)
    {
        var script = new StringBuilder("# fish completion for vmc\ncomplete -c vmc -f\n");
        foreach (var (path, command) in Walk(root, ""))
        {
            var condition = Condition(path, root);
            foreach (var verb in command.Subcommands.Where(verb => !verb.Hidden))
            {
                script.Append("complete -c vmc -n ").Append(Quoted(condition)).Append(" -a ").Append(verb.Name)
                    .Append(" -d ").Append(Quoted(verb.Description ?? "")).Append('\n');
            }

            foreach (var option in command.Options)
            {
                script.Append("complete -c vmc -n ").Append(Quoted(condition)).Append(" -l ").Append(option.Name.TrimStart('-'));
                script.Append(option.HelpName == "PATH" ? " -r -F" : option.ValueType == typeof(bool) ? "" : " -x");
                script.Append(Values(option.CompletionSources) is { Length: > 0 } values ? $" -a {Quoted(values)}" : "");
                script.Append(" -d ").Append(Quoted(option.Description ?? "")).Append('\n');
            }

            if (TakesName(command))
            {
                script.Append("complete -c vmc -n ").Append(Quoted(condition)).Append(" -a '(").Append(Names).Append(")'\n");
            }

            if (string.Join(' ', command.Arguments.Select(argument => Values(argument.CompletionSources))).Trim() is { Length: > 0 } words)
            {
                script.Append("complete -c vmc -n ").Append(Quoted(condition)).Append(" -a ").Append(Quoted(words)).Append('\n');
            }
        }

        return script.Append(VshCompletion.Fish).ToString();
    }

    private static IEnumerable<(string Path, Command Command)> Walk(Command command, string path)
    {
        yield return (path, command);
        foreach (var verb in command.Subcommands.Where(verb => !verb.Hidden))
        {
            foreach (var found in Walk(verb, $"{path} {verb.Name}"))
            {
                yield return found;
            }
        }
    }

    private static IEnumerable<string> WordsOf(Command command) =>
        command.Subcommands.Where(verb => !verb.Hidden).Select(verb => verb.Name)
            .Concat(command.Options.Select(option => option.Name)).Append("--help").Distinct(StringComparer.Ordinal)
            .Concat(command.Arguments.Select(argument => Values(argument.CompletionSources)).Where(values => values.Length > 0));

    /// <summary>What may follow an option: its values, or files, whose names the shell completes by itself.</summary>
    private static string ValuesOf(Command root)
    {
        var cases = new StringBuilder();
        foreach (var (path, command) in Walk(root, ""))
        {
            foreach (var option in command.Options.Where(
                option => option.ValueType != typeof(bool) && (option.HelpName == "PATH" || option.CompletionSources.Count > 0)))
            {
                var pattern = string.Join('|', option.Aliases.Prepend(option.Name).Select(name => $"\"{path}:{name}\""));
                cases.Append("        ").Append(pattern).Append(") COMPREPLY=(")
                    .Append(option.HelpName == "PATH" ? "" : $"$(compgen -W \"{Values(option.CompletionSources)}\" -- \"$cur\")")
                        .Append("); return ;;\n");
            }
        }

        return cases.ToString().TrimEnd('\n');
    }

    private static string Values(IEnumerable<Func<CompletionContext, IEnumerable<CompletionItem>>> sources) =>
        string.Join(' ', sources.SelectMany(source => source(CompletionContext.Empty)).Select(item => item.Label));

    private static string Alternatives(Command root) =>
        "            " + string.Join('|', Walk(root, "").Skip(1).Select(found => $"\"{found.Path}\"")) + ")";

    /// <summary>Fish counts a verb as seen wherever it stands, so verbs of the same name need the one above them too.</summary>
    private static string Condition(string path, Command root)
    {
        if (path.Length == 0)
        {
            return "__fish_use_subcommand";
        }

        var words = path.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var seen = string.Join("; and ", words.Select(word => $"__fish_seen_subcommand_from {word}"));
        var verb = words.Aggregate(root, (command, word) => command.Subcommands.First(found => found.Name == word));
        var below = verb.Subcommands.Select(found => found.Name).ToArray();
        var others = words.Length == 1
            ? root.Subcommands.Where(found => found.Name != words[0] && found.Subcommands.Any(inner => inner.Name == words[0]))
                .Select(found => found.Name)
            : [];
        string[] absent = [.. below, .. others];
        return absent.Length == 0 ? seen : $"{seen}; and not __fish_seen_subcommand_from {string.Join(' ', absent)}";
    }

    private static bool TakesName(Command command) => command.Arguments.Any(argument => argument.Name is "NAME" or "VM");

    /// <summary>A command line with the name of a VM and that of a container behind it.</summary>
    private static bool TakesContainer(Command command) =>
        command is VerbCommand { NamesBeforeDashes: > 0 } || command.Arguments.Any(argument => argument.Name == "CONTAINER");

    private static string Quoted(string text) => $"'{text.Replace("'", "\\'", StringComparison.Ordinal)}'";
}

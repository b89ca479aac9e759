using System.Globalization;
using VmTools.Host.Vms;
using VmTools.Linux;
using VmTools.Protocol;
using VmTools.Protocol.Wire;

namespace VmTools.Host.Vsh;

/// <summary>
/// Reads a vsh command line: the original's flags, with one dash or two and the value after = or as the next word; the names of the VM and
/// of a container in it; and behind -- the variables and the command. docs/decisions/command-line.md tells why no library does it.
/// </summary>
internal sealed class VshArguments
{
    private readonly Queue<string> _words;
    private VshOptions _options = new();

    private VshArguments(IEnumerable<string> words) => _words = new Queue<string>(words);

    /// <exception cref="VmToolsException">One sentence about the first mistake.</exception>
    public static VshOptions Parse(IEnumerable<string> words)
    {
        var arguments = new VshArguments(words);
        arguments.ReadOptions();
        arguments.ReadCommand();
        return arguments.Checked();
    }

    private void ReadOptions()
    {
        while (_words.TryDequeue(out var word) && word != "--")
        {
            if (Flag.TryRead(word, out var flag))
            {
                ReadFlag(flag);
            }
            else if (_options.Vm is null)
            {
                _options = _options with { Vm = word };
            }
            else
            {
                ReadContainer(word);
            }
        }
    }

    /// <summary>The word behind the VM's is a container; where there is one or it cannot be one, it was meant as a command.</summary>
    private void ReadContainer(string word)
    {
        if (_options.Container is { } named)
        {
            throw Mistake(_options.IsContainerAWord
                ? $"'{word}' is one word too many: a command goes behind --, as in: vsh {_options.Vm} -- {named} {word}"
                : $"'{word}' is one word too many: a command goes behind --, as in: vsh {_options.Vm} {named} -- {word}");
        }

        _options = ContainerNameRule.Allows(word)
            ? _options with { Container = word, IsContainerAWord = true }
            : throw Mistake(
                $"'{word}' cannot be the name of a container. A command goes behind --, as in: vsh {_options.Vm} -- {word}");
    }

    private void ReadFlag(Flag flag)
    {
        string Value() => flag.Value
            ?? (_words.TryDequeue(out var next) ? next : throw Mistake($"{flag.Word} needs a value."));

        _options = flag.Name switch
        {
            "help" or "h" => _options with { WantsHelp = true },
            "version" => _options with { WantsVersion = true },
            "cid" => _options with { Cid = CidOf(Value()) },
            "vm_name" => _options with { Vm = Value() },
            "owner_id" => _options with { Owner = Value() },
            "user" => _options with { User = Value() },
            "cwd" => WithDirectory(Value()),
            "target_container" => WithContainer(Value()),
            "listen_port" or "container_features" => throw new VmToolsException(
                ErrorKind.InvalidArgument,
                $"--{flag.Name} is for shell servers in containers that call back, and here none does; without it, vsh reaches a container "
                + "through its VM."),
            _ => throw Mistake($"vsh does not know the option {flag.Word}.{CommandHint(flag)}"),
        };
    }

    /// <summary>Leading NAME=VALUE words are variables, the rest is the command.</summary>
    private void ReadCommand()
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        while (_words.TryPeek(out var word) && word.IndexOf('=', StringComparison.Ordinal) is > 0 and var split)
        {
            environment[word[..split]] = word[(split + 1)..];
            _words.Dequeue();
        }

        _options = _options with { Environment = environment, Command = [.. _words] };
    }

    private VshOptions Checked()
    {
        if (_options.WantsHelp || _options.WantsVersion)
        {
            return _options;
        }

        return (_options.Vm, _options.Cid) switch
        {
            (null, null) => throw Mistake("Name the VM."),
            (not null, not null) => throw Mistake("Name the VM or give its CID, not both."),
            ("", _) => throw Mistake($"The VM's name is empty. {VmNameRule.Sentence}"),
            _ => _options,
        };
    }

    private VshOptions WithContainer(string name) =>
        _options.Container is not null ? throw Mistake("Name the container once.")
        : ContainerNameRule.Allows(name) ? _options with { Container = name }
        : throw Mistake($"'{name}' cannot be the name of a container. {ContainerNameRule.Sentence}");

    /// <summary>What looked like a container was a command, if an option follows that vsh does not know.</summary>
    private string CommandHint(Flag flag) => _options.IsContainerAWord
        ? $" A command goes behind --, as in: vsh {_options.Vm} -- {_options.Container} {flag.Word}"
        : "";

    private VshOptions WithDirectory(string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
            ? _options with { Directory = "", DirectoryOfPid = pid }
            : _options with { Directory = value, DirectoryOfPid = 0 };

    private static Cid CidOf(string text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && new Cid(number).IsGuest
            ? new Cid(number)
            : throw Mistake($"'{text}' is not the CID of a VM; those are numbers from 3 on.");

    private static VmToolsException Mistake(string sentence) =>
        new(ErrorKind.InvalidArgument, $"{sentence}\nSee 'vsh --help'.");
}

using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.RegularExpressions;
using VmTools.Host.LogStore;
using VmTools.Host.Vmc.Cli;
using VmTools.Host.Vms;
using VmTools.Protocol.Wire;

namespace VmTools.Host.Vmc.Logs;

/// <summary>The arguments and options of <c>vmc logs</c>.</summary>
internal sealed class LogsArguments
{
    /// <summary>As tail and journalctl do when they follow.</summary>
    private const int LinesBeforeFollowing = 10;

    private readonly Argument<string> _name = CommonOptions.Name();

    private readonly Argument<string?> _file = new("FILE")
    {
        Description = "Where to write the log; standard output when absent.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<bool> _follow = new("--follow", "-f")
    {
        Description = "Go on with what comes, over rotations and restarts of the VM.",
    };

    private readonly Option<bool> _kernel = new("--kernel") { Description = "The guest kernel's log." };
    private readonly Option<bool> _user = new("--user") { Description = "What programs in the guest log." };
    private readonly Option<bool> _console = new("--console") { Description = "What came over the serial console." };
    private readonly Option<string> _container = new("--container")
    {
        Description = "Only what this container logs.",
        HelpName = "CONTAINER",
    };

    private readonly Option<bool> _panic = new("--panic") { Description = "The records of kernel panics and oopses." };
    private readonly Option<DateTimeOffset> _since;
    private readonly Option<DateTimeOffset> _until;
    private readonly Option<Regex> _grep = new("--grep")
    {
        Description = "Only lines that the regular expression finds.",
        HelpName = "REGEX",
        CustomParser = Expression
    };

    private readonly Option<int> _severity = new("--severity")
    {
        Description = "Only lines of this severity and worse: emerg, alert, crit, err, warning, notice, info or debug.",
        HelpName = "SEVERITY",
        CompletionSources = { LogSeverity.Names.ToArray() },
        CustomParser = result =>
            CommonOptions.Parse<int>(
            result, LogSeverity.TryParse, $"is not a severity; the severities are {string.Join(", ", LogSeverity.Names)}"),
    };

    private readonly Option<int> _lines = new("--lines", "-n")
    {
        Description = "Only the last so many lines; with --follow 10 unless a time or number is given.",
        HelpName = "N",
        CompletionSources = { "10", "50", "200" },
        CustomParser = result => CommonOptions.Parse(result, (string text, out int number) =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number), "is not a number of lines"),
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print a JSON object a line, for programs." };

    public LogsArguments(TimeProvider clock)
    {
        _since = Time("--since", "Only what came at this time or later.", clock);
        _until = Time("--until", "Only what came at this time or before.", clock);
    }

    public void AddTo(Command verb)
    {
        verb.Add(_name);
        verb.Add(_file);
        Option[] options =
        [
            _follow, _kernel, _user, _console, _container, _panic, _since, _until, _grep, _severity, _lines, _json,
        ];
        foreach (var option in options)
        {
            verb.Add(option);
        }

        verb.Validators.Add(result =>
        {
            if (result.GetValue(_follow) && result.GetResult(_until) is not null)
            {
                result.AddError("--follow and --until exclude each other.");
            }

            if (result.GetValue(_container) is { } container && !ContainerNameRule.Allows(container))
            {
                result.AddError($"'{VmNameRule.Shown(container)}' cannot be the name of a container. {ContainerNameRule.Sentence}");
            }
        });
    }

    public LogsOptions Read(ParseResult parsed)
    {
        var (follow, hasSince) = (parsed.GetValue(_follow), parsed.GetResult(_since) is not null);
        var container = parsed.GetValue(_container);
        return new LogsOptions(parsed.GetRequiredValue(_name))
        {
            Container = container,
            Sources = container is not null ? [LogSource.User] : [
                .. new[] { (_kernel, LogSource.Kernel), (_user, LogSource.User), (_console, LogSource.Console) }
                    .Where(pair => parsed.GetValue(pair.Item1)).Select(pair => pair.Item2),
            ],
            Panics = parsed.GetValue(_panic),
            Follow = follow,
            Since = hasSince ? parsed.GetValue(_since) : null,
            Until = parsed.GetResult(_until) is not null ? parsed.GetValue(_until) : null,
            Pattern = parsed.GetValue(_grep),
            MostSeverity = parsed.GetResult(_severity) is not null ? parsed.GetValue(_severity) : 7,
            Lines = parsed.GetResult(_lines) is not null ? parsed.GetValue(_lines) : follow && !hasSince ? LinesBeforeFollowing : null,
            AsJson = parsed.GetValue(_json),
            File = parsed.GetValue(_file),
        };
    }

    private static Option<DateTimeOffset> Time(string name, string description, TimeProvider clock) => new(name)
    {
        Description = description,
        HelpName = "TIME",
        CompletionSources = { "10m", "1h", "today", "yesterday" },
        CustomParser = result =>
            CommonOptions.Parse(
            result, (string text, out DateTimeOffset time) => LogTime.TryParse(text, clock, out time), $"is not a time; {LogTime.Forms}"),
    };

    /// <summary>Without backtracking, so that no guest can write a line that it takes for ever to search.</summary>
    private static Regex? Expression(ArgumentResult result) => CommonOptions.Parse(
        result,
        (string text, out Regex? regex) =>
        {
            try
            {
                regex = new Regex(text, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
                return true;
            }
            catch (Exception unusable) when (unusable is ArgumentException or NotSupportedException)
            {
                regex = null;
                return false;
            }
        },
        "is not a regular expression that can be used here; look-arounds and back-references cannot");
}

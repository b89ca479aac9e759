using System.CommandLine;
using System.Text;
using VmTools.Host.LogStore;
using VmTools.Host.Vmc.Cli;
using VmTools.Host.Vmc.Machines;
using VmTools.Host.Vms;
using VmTools.Linux;
using VmTools.Protocol;

namespace VmTools.Host.Vmc.Logs;

/// <summary>
/// <c>vmc logs</c>: what the kernel, the programs and the console of a VM said, by time, whether the VM runs or not. The files are the
/// caller's own, so no daemon is needed to read them.
/// </summary>
internal sealed class LogsVerb(VmcContext context, LogsOptions options)
{
    public static Command Build(VmcContext context)
    {
        var words = new LogsArguments(context.Clock);
        var verb = new VerbCommand("logs", "Prints what a VM logged: its kernel, its programs and its console.")
        {
            Examples =
            [
                new("vmc logs demo -n 20", "the last 20 lines"),
                new("vmc logs demo -f", "go on with what comes"),
                new("vmc logs demo --since 10m --severity warning", "what went wrong in the last ten minutes"),
                new("vmc logs demo --user --grep 'sshd.*refused'", "what one program said"),
                new("vmc logs demo --container penguin", "what a container logs"),
                new("vmc logs demo --panic", "what its kernel said as it died"),
                new("vmc logs demo --json | jq .message", "for programs"),
                new("vmc logs demo demo.log", "into a new file"),
            ],
        };
        words.AddTo(verb);
        verb.SetAction((parsed, cancel) => new LogsVerb(context, words.Read(parsed)).RunAsync(cancel));
        return verb;
    }

    public async Task<int> RunAsync(CancellationToken cancel)
    {
        var places = VmLogPaths.Of(context.Instance.Directories, new VmId(context.Instance.Owner, VmId.ParseName(options.Name)));
        await CheckKnownAsync(places, cancel);
        using var file = options.File is null ? null : CreateNew(options.File);
        var output = file ?? context.Console.Output;
        var printer = new LogPrinter(output, options, context.Clock.LocalTimeZone)
        {
            HasColours = file is null && context.Console.HasColours,
        };
        try
        {
            using var wakes = options.Follow ? new LogWakes(places.Directory) : null;
            var sources = Histories(places).Select(history => new LogFollower(history)).ToList();
            var count = Print(printer, LogMerge.ByTime(sources.Select(source => source.Read())), options.Lines);
            if (count == 0 && !options.Follow)
            {
                context.Console.Say(
                    IsNarrowed
                        ? $"Nothing in the log of VM '{options.Name}' is what you look for."
                        : $"VM '{options.Name}' has logged nothing.");
            }

            var end = wakes is null
                ? ExitCode.Success
                : await FollowAsync(
                    wakes, output, () => Print(printer, LogMerge.ByTime(sources.Select(source => source.Read())), null), cancel);
            sources.ForEach(source => source.Dispose());
            return end;
        }
        catch (UnauthorizedAccessException refused)
        {
            throw new VmToolsException(
                ErrorKind.PermissionDenied, $"The log in {places.Directory} cannot be read: {refused.Message}", refused);
        }
    }

    /// <summary>Until the user or the reader of our output has had enough.</summary>
    private async Task<int> FollowAsync(LogWakes wakes, TextWriter output, Action printNew, CancellationToken cancel)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var left = context.Console.ReaderLeftAsync(ended.Token);
        while (true)
        {
            await output.FlushAsync(cancel);
            if (await Task.WhenAny(left, wakes.WaitAsync(ended.Token)) == left)
            {
                await ended.CancelAsync();
                cancel.ThrowIfCancellationRequested();
                return ExitCode.ReaderLeft;
            }

            cancel.ThrowIfCancellationRequested();
            printNew();
        }
    }

    private bool IsNarrowed =>
        options.Container is not null || options.Sources.Count > 0 || options.Panics || options.Since is not null
        || options.Until is not null || options.Pattern is not null || options.MostSeverity < 7 || options.Lines == 0;

    /// <summary>A VM whose log was never begun is asked for, as its name may be a mistake.</summary>
    private async Task CheckKnownAsync(VmLogPaths places, CancellationToken cancel)
    {
        if (Directory.Exists(places.Directory))
        {
            return;
        }

        await using var concierge = await context.ConnectAsync(cancel);
        if ((await VmRows.ReadAsync(concierge, cancel)).All(row => row.Name != options.Name))
        {
            throw new VmToolsException(
                ErrorKind.NotFound,
                $"There is no VM '{VmNameRule.Shown(options.Name)}', and no log of one. 'vmc list' shows your "
                + $"VMs.{VmNameRule.Reminder(options.Name)}");
        }

        if (options.Follow)
        {
            Directory.CreateDirectory(places.Directory, FileModes.OwnerDoesAll);
        }
    }

    private IEnumerable<LogHistory> Histories(VmLogPaths places)
    {
        var sources = options.Sources.Count > 0 ? options.Sources : options.Panics ? [] : Enum.GetValues<LogSource>();
        var zone = context.Clock.LocalTimeZone;
        var found = sources.Select(source => new LogHistory(source, places.FileOf(source), zone));
        return options.Panics && !sources.Contains(LogSource.Console)
            ? found.Append(new LogHistory(LogSource.Console, places.Panics, zone))
            : found;
    }

    /// <summary>The last so many of those wanted, or all; how many.</summary>
    private int Print(LogPrinter printer, IEnumerable<StoredRecord> records, int? most)
    {
        var count = 0;
        var last = new Queue<(StoredRecord Record, string Text)>();
        foreach (var record in records)
        {
            var text = Encoding.UTF8.GetString(record.Line.Content.Span);
            if (!options.Takes(record, text))
            {
                continue;
            }

            count++;
            if (most is null)
            {
                printer.Print(record, text);
                continue;
            }

            last.Enqueue((record, text));
            if (last.Count > most)
            {
                last.Dequeue();
            }
        }

        foreach (var (record, text) in last)
        {
            printer.Print(record, text);
        }

        return count;
    }

    /// <summary>A guest wrote it, so it is for the owner's eyes; and it replaces nothing.</summary>
    private static StreamWriter CreateNew(string file)
    {
        try
        {
            return new StreamWriter(new FileStream(file, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = FileModes.OwnerReadsAndWrites,
            }));
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new VmToolsException(ErrorKind.PermissionDenied, $"The log cannot be written to '{file}': {refused.Message}", refused);
        }
    }
}

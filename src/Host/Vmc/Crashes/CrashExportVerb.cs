using System.CommandLine;
using System.Text;
using VmTools.Host.CrashStore;
using VmTools.Host.GuestText;
using VmTools.Host.LogStore;
using VmTools.Host.Vmc.Cli;
using VmTools.Linux;
using VmTools.Protocol;

namespace VmTools.Host.Vmc.Crashes;

/// <summary><c>vmc crash export</c>: a report's files for other tools; new ones only, for the caller's eyes.</summary>
internal sealed class CrashExportVerb(VmcContext context)
{
    public static Command Build(VmcContext context)
    {
        var id = new Argument<string>("ID") { Description = "The beginning of a report's id, or latest." };
        id.CompletionSources.Add("latest");
        var to = new Argument<string>("DIR|FILE")
        {
            Description = "A directory for all files of the report, a new file for its minidump, or - for standard output."
        };
        var verb = new VerbCommand("export", "Copies a report: the minidump, what is known of it, and the process tree.")
        {
            Examples = [
                new("vmc crash export latest .", "ID.dmp, ID.meta and ID.proclog here"),
                new("vmc crash export 1a2b sleep.dmp", "the minidump alone"),
                new("vmc crash export latest - > sleep.dmp", "the same"),
            ],
        };
        verb.Add(id);
        verb.Add(to);
        verb.SetAction(
            (parsed, cancel) => new CrashExportVerb(context).RunAsync(parsed.GetRequiredValue(id), parsed.GetRequiredValue(to), cancel));
        return verb;
    }

    private async Task<int> RunAsync(string id, string to, CancellationToken cancel)
    {
        var entry = new CrashHistory(context.Instance.Directories, context.Instance.Owner).Find(id);
        try
        {
            if (to == "-")
            {
                await CopyToOutputAsync(entry, cancel);
                return ExitCode.Success;
            }

            foreach (var (name, content) in Directory.Exists(to)
                ? FilesOf(entry).Select(file => (Path.Combine(to, file.Name), file.Content))
                : [(to, ContentOf(entry))])
            {
                WriteNew(name, content);
                context.Console.Print(name);
            }

            return ExitCode.Success;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new VmToolsException(
                ErrorKind.PermissionDenied, $"Report {entry.Id} cannot be copied to '{to}': {refused.Message}", refused);
        }
    }

    private async Task CopyToOutputAsync(CrashEntry entry, CancellationToken cancel)
    {
        if (context.Console.IsOutputTerminal)
        {
            var lines = entry.Kernel is { } kernel
                ? LinesOf(kernel)
                : throw new VmToolsException(
                    ErrorKind.InvalidArgument, "A minidump is nothing for a terminal. Redirect the output, or name a file.");
            context.Console.Output.Write(SafeText.ForTerminal(Encoding.UTF8.GetString(lines)));
            return;
        }

        await context.Console.Output.FlushAsync(cancel);
        await context.Console.WriteBytesAsync(ContentOf(entry), cancel);
    }

    /// <summary>The minidump, or the lines of a kernel.</summary>
    private static byte[] ContentOf(CrashEntry entry) =>
        entry.Kernel is { } kernel ? LinesOf(kernel)
        : File.Exists(entry.Report!.Dump) ? File.ReadAllBytes(entry.Report.Dump)
        : throw new VmToolsException(
            ErrorKind.NotFound, $"Report {entry.Id} has no minidump. Name a directory to have what there is of it.");

    private static IEnumerable<(string Name, byte[] Content)> FilesOf(CrashEntry entry)
    {
        if (entry.Kernel is { } kernel)
        {
            return [($"{entry.Id}.log", LinesOf(kernel))];
        }

        var report = entry.Report!;
        return new[] { report.Dump, report.Meta, report.Tree }.Where(File.Exists)
            .Select(file => (Path.GetFileName(file), File.ReadAllBytes(file)));
    }

    private static byte[] LinesOf(KernelFault kernel) =>
        Encoding.UTF8.GetBytes(string.Concat(kernel.Lines.Select(line => Encoding.UTF8.GetString(line.Content.Span) + "\n")));

    private static void WriteNew(string path, byte[] content)
    {
        using var file = new FileStream(
            path,
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = FileModes.OwnerReadsAndWrites,
            });
        file.Write(content);
    }
}

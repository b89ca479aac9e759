using Microsoft.Extensions.Logging;
using VmTools.Guest.Maitred.Supervision;
using VmTools.Linux;

namespace VmTools.Guest.Maitred.Startup;

/// <summary>
/// Runs what /etc/maitred holds: every regular file below it, in byte order of the path, one after the other. A file that
/// cannot be read or understood is logged and skipped.
/// </summary>
internal sealed partial class StartupEntries(Supervisor supervisor, TimeProvider clock, ILogger log)
{
    public const string DefaultDirectory = "/etc/maitred";

    /// <summary>An entry that is waited for may delay the others, and the VM's readiness, by this much and no more.</summary>
    public static readonly TimeSpan WaitLimit = TimeSpan.FromSeconds(30);

    private static readonly EnumerationOptions Everything = new()
    {
        AttributesToSkip = FileAttributes.None,
        MaxRecursionDepth = 8,
        RecurseSubdirectories = true,
    };

    public async Task RunAsync(string directory, CancellationToken cancel)
    {
        foreach (var path in FilesOf(directory))
        {
            if (TryRead(path) is { } spec)
            {
                await RunAsync(path, spec, cancel);
            }
        }
    }

    private static string[] FilesOf(string directory)
    {
        if (!Directory.Exists(directory))
        {
            return [];
        }

        var files = Directory.GetFiles(directory, "*", Everything);
        Array.Sort(files, StringComparer.Ordinal);
        return files;
    }

    private LaunchSpec? TryRead(string path)
    {
        try
        {
            // A FIFO in the directory must not stop the boot: it opens at once, and is then seen not to be a regular file.
            using var file = FdHandle.Open(path, OpenFlags.ReadOnly | OpenFlags.NonBlocking);
            if (Fd.KindOf(file) != FileKind.Regular)
            {
                return null;
            }

            if (LaunchSpecParser.TryParse(Read(file), out var spec, out var problem))
            {
                return spec;
            }

            LogSkipped(path, problem);
        }
        catch (LinuxException failure)
        {
            LogSkipped(path, failure.Message);
        }

        return null;
    }

    /// <summary>One byte more than an entry may have, so that a larger file is seen to be one.</summary>
    private static ReadOnlySpan<byte> Read(FdHandle file)
    {
        var buffer = new byte[LaunchSpecParser.MaxBytes + 1];
        var length = 0;
        while (length < buffer.Length && Fd.TryRead(file, buffer.AsSpan(length), out var count) == Errno.None && count > 0)
        {
            length += count;
        }

        return buffer.AsSpan(0, length);
    }

    private async Task RunAsync(string path, LaunchSpec spec, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(WaitLimit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, limit.Token);
        try
        {
            var outcome = await supervisor.LaunchAsync(spec, either.Token);
            if (outcome.State is not LaunchState.Launched && outcome is not { State: LaunchState.Exited, Code: 0 })
            {
                LogFailed(path, outcome.State, outcome.Code);
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            LogTooLong(path, WaitLimit.TotalSeconds);
        }
    }

    [LoggerMessage(1201, LogLevel.Error, "skipped start-up entry {File}: {Problem}")]
    private partial void LogSkipped(string file, string problem);

    [LoggerMessage(1202, LogLevel.Warning, "start-up entry {File} ended as {State} with {Code}")]
    private partial void LogFailed(string file, LaunchState state, int code);

    [LoggerMessage(1203, LogLevel.Warning, "start-up entry {File} still runs after {Seconds} s; going on without it")]
    private partial void LogTooLong(string file, double seconds);
}

using System.Text;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using VmTools.Host.CrashStore;
using VmTools.Host.GuestText;
using VmTools.Host.Programs;
using VmTools.Linux;
using VmTools.Linux.Accounts;
using VmTools.Linux.ProcessControl;

namespace VmTools.Host.Cicerone.Crashes;

/// <summary>
/// The user's own program that is given each report after it is stored, in the place of the original's uploader; what it does with it is
/// the user's choice. One at a time, with a deadline, without rights, and what it says goes into the log, cut short:
/// <c>PROGRAM DIRECTORY ID</c>, with the metadata as fd 3, the minidump as fd 4 and the process tree as fd 5, open for reading and empty
/// where there is none, because the user <c>nobody</c>, as whom root's hook runs, cannot open the files.
/// </summary>
internal sealed partial class UploadHook : IAsyncDisposable
{
    private const int MostWaiting = 64;
    private const int MostOutput = 4096;
    private const uint Nobody = 65534;

    private static readonly IReadOnlyDictionary<string, string> Environment = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["PATH"] = "/usr/local/bin:/usr/bin:/bin",
        ["LANG"] = "C.UTF-8",
    };

    private readonly string _program;
    private readonly TimeSpan _limit;
    private readonly CiceroneCounters _counters;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly Reaper _reaper = Reaper.ForChildren();
    private readonly Channel<StoredReport> _reports = Channel.CreateBounded<StoredReport>(MostWaiting);
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _running;

    /// <param name="program">The path of the user's program.</param>
    /// <param name="limit">How long it may take with one report.</param>
    /// <param name="counters">Count what it did.</param>
    /// <param name="clock">Measures the limit.</param>
    /// <param name="log">Is told what it says and how it fails.</param>
    public UploadHook(string program, TimeSpan limit, CiceroneCounters counters, TimeProvider clock, ILogger log)
    {
        (_program, _limit, _counters, _clock, _log) = (program, limit, counters, clock, log);
        _running = RunAllAsync();
    }

    /// <summary>Returns at once. While more wait than may, the newest is left out, which is told.</summary>
    public void Add(StoredReport report)
    {
        if (!_reports.Writer.TryWrite(report))
        {
            Fail(report, "too many wait already");
        }
    }

    /// <summary>Ends the one that runs; those that wait stay in the store.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _running;
        await _reaper.DisposeAsync();
        _ending.Dispose();
    }

    private async Task RunAllAsync()
    {
        try
        {
            await foreach (var report in _reports.Reader.ReadAllAsync(_ending.Token))
            {
                await RunAsync(report);
            }
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            // The end.
        }
    }

    private async Task RunAsync(StoredReport report)
    {
        try
        {
            var (status, output) = await StartAsync(report);
            if (SafeText.ForFile(Encoding.UTF8.GetString(output).TrimEnd(), MostOutput) is { Length: > 0 } said)
            {
                LogSaid(report.Id.Value, said);
            }

            _counters.Uploaded(status.Code == 0);
            if (status.Code != 0)
            {
                LogFailed(report.Id.Value, $"it ended with {status}");
            }
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException or TimeoutException)
        {
            Fail(report, refused is TimeoutException ? $"it took longer than {_limit.TotalSeconds} s and was ended" : refused.Message);
        }
    }

    private async Task<ProgramOutcome> StartAsync(StoredReport report)
    {
        var files = new[] { report.Meta, report.Dump, report.Tree }.Select(OpenOrNothing).ToList();
        try
        {
            var request = new SpawnRequest(_program, [_program, report.Directory.Path, report.Id.Value])
            {
                Environment = Environment,
                WorkingDirectory = "/",
                PassFds = files,
                RunAs = Users.EffectiveId == 0 ? new Credentials(Nobody, Nobody, [Nobody]) : null,
            };
            return await new BoundedProgram(request, _limit, MostOutput).RunAsync(_reaper, _clock, _ending.Token);
        }
        finally
        {
            files.ForEach(file => file.Dispose());
        }
    }

    private static FdHandle OpenOrNothing(string path) =>
        FdHandle.Open(File.Exists(path) ? path : "/dev/null", OpenFlags.ReadOnly | OpenFlags.NoFollow);

    private void Fail(StoredReport report, string why)
    {
        _counters.Uploaded(isFinished: false);
        LogFailed(report.Id.Value, why);
    }

    [LoggerMessage(3306, LogLevel.Warning, "The upload hook failed for report {Id}: {Why}")]
    private partial void LogFailed(string id, string why);

    [LoggerMessage(3307, LogLevel.Information, "The upload hook says of report {Id}: {Said}")]
    private partial void LogSaid(string id, string said);
}

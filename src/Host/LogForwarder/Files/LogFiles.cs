using VmTools.Host.LogStore;
using VmTools.Linux;
using VmTools.Linux.Files;

namespace VmTools.Host.LogForwarder.Files;

/// <summary>
/// The files of one VM that vmlog_forwarder writes, with the journal that makes each batch appear whole and once. What an earlier
/// process was appending when it was killed is cut off at opening: its guest was not answered and sends it again.
/// </summary>
internal sealed class LogFiles : IDisposable
{
    private readonly BatchJournal _journal;
    private readonly LogWriter _kernel;
    private readonly LogWriter _user;
    private JournalState _state;

    private LogFiles(BatchJournal journal, JournalState state, Func<LogSource, LogWriter> writerOf)
    {
        (_journal, _state) = (journal, state);
        (_kernel, _user) = (writerOf(LogSource.Kernel), writerOf(LogSource.User));
    }

    public JournalState State => _state;

    /// <exception cref="IOException">The directory or a file cannot be made or opened.</exception>
    public static LogFiles Open(VmLogPaths paths, LogFileLimits limits, TimeProvider clock)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(paths.Directory)!, FileModes.OwnerDoesAll);
        PrivateDirectory.Ensure(paths.Directory, FileModes.OwnerDoesAll);
        var journal = BatchJournal.Open(paths.Directory, out var state);
        var files = new LogFiles(journal, state, source => new LogWriter(paths.FileOf(source), limits, clock));
        try
        {
            files.Recover();
            return files;
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>Whether so many more bytes, or the time, call for a new file of the source.</summary>
    public bool IsRotationDue(LogSource source, int more) => WriterOf(source).IsRotationDue(more);

    /// <summary>Puts the source's file away and begins a new one; false while another program holds the directory's lock.</summary>
    public bool TryRotate(LogSource source) => WriterOf(source).TryRotate();

    /// <summary>Appends lines and, with them, makes <paramref name="after"/> the state; or, when that cannot be, changes nothing.</summary>
    public Errno TryAppend(LogSource source, ReadOnlySpan<byte> lines, in JournalState after)
    {
        var file = WriterOf(source);
        var offset = file.Length;
        var before = _state;
        var outcome = _journal.TryWrite(before with { Open = (source, offset) });
        outcome = outcome == Errno.None ? file.TryAppend(lines) : outcome;
        outcome = outcome == Errno.None ? _journal.TryWrite(after) : outcome;
        if (outcome == Errno.None)
        {
            _state = after;
            return outcome;
        }

        file.CutTo(offset);
        _ = _journal.TryWrite(before);
        return outcome;
    }

    public void Dispose()
    {
        _kernel.Dispose();
        _user.Dispose();
        _journal.Dispose();
    }

    private LogWriter WriterOf(LogSource source) => source == LogSource.Kernel ? _kernel : _user;

    private void Recover()
    {
        if (_state.Open is not { } open)
        {
            return;
        }

        WriterOf(open.Source).CutTo(open.Offset);
        _state = _state with { Open = null };
        _ = _journal.TryWrite(_state);
    }
}

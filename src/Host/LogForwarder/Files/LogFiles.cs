using VmTools.Host.LogForwarder.Batches;
using VmTools.Host.LogStore;
using VmTools.Linux;

namespace VmTools.Host.LogForwarder.Files;

/// <summary>
/// The files of one VM that this daemon writes, with the journal that makes each batch appear whole and once. What an earlier
/// process was appending when it was killed is cut off at opening: its guest was not answered and sends it again.
/// </summary>
internal sealed class LogFiles : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const string LockName = ".lock";

    private readonly VmLogPaths _places;
    private readonly BatchJournal _journal;
    private readonly LiveFile?[] _files = new LiveFile?[(int)LogSource.User + 1];
    private JournalState _state;

    private LogFiles(VmLogPaths places, BatchJournal journal, JournalState state) => (_places, _journal, _state) = (places, journal, state);

    public JournalState State => _state;

    /// <exception cref="IOException">The directory or a file cannot be made or opened.</exception>
    public static LogFiles Open(VmLogPaths places)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(places.Directory)!, OwnerOnly);
        PrivateDirectory.Ensure(places.Directory, OwnerOnly);
        var journal = BatchJournal.Open(places.Directory, out var state);
        var files = new LogFiles(places, journal, state);
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

    /// <summary>The lock under which files of the directory are renamed, or null while somebody else holds it.</summary>
    public static FileLock? TryLock(string directory) => FileLock.TryTake(Path.Combine(directory, LockName));

    public bool IsRotationDue(LogSource source, int more, LogFileLimits limits, DateTimeOffset now) => FileOf(source).IsDue(more, limits, now);

    /// <summary>Puts the live file of the source away and begins a new one. The caller holds the lock.</summary>
    public void Rotate(LogSource source, LogFileLimits limits)
    {
        _files[(int)source]?.Dispose();
        _files[(int)source] = null;
        RotatedFiles.Shift(_places.FileOf(source), limits.KeptFiles);
    }

    /// <summary>Appends lines and, with them, makes <paramref name="after"/> the state; or, when that cannot be, changes nothing.</summary>
    public Errno TryAppend(LogSource source, ReadOnlySpan<byte> lines, in JournalState after)
    {
        var file = FileOf(source);
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
        foreach (var file in _files)
        {
            file?.Dispose();
        }

        _journal.Dispose();
    }

    private LiveFile FileOf(LogSource source) => _files[(int)source] ??= LiveFile.Open(_places.FileOf(source));

    private void Recover()
    {
        if (_state.Open is not { } open)
        {
            return;
        }

        FileOf(open.Source).CutTo(open.Offset);
        _state = _state with { Open = null };
        _ = _journal.TryWrite(_state);
    }
}

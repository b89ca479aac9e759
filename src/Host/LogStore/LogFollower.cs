using VmTools.Linux;

namespace VmTools.Host.LogStore;

/// <summary>
/// Reads one source from its beginning and on, each line once: each call gives what came since the last one. A file that was renamed
/// is read to its end before the one that follows it is opened.
/// </summary>
internal sealed class LogFollower(LogHistory history) : IDisposable
{
    private readonly Queue<LogFile> _files = new(history.Open());
    private LogFile? _current;

    /// <summary>What there is by now and was not given before.</summary>
    public IEnumerable<StoredRecord> Read()
    {
        do
        {
            foreach (var record in ReadCurrent())
            {
                yield return record;
            }

            if (_files.Count == 0 && IsRotated())
            {
                // Something may have been appended before it was renamed; afterwards nothing is.
                foreach (var record in ReadCurrent())
                {
                    yield return record;
                }

                Following(history.Open()).ForEach(_files.Enqueue);
            }
        }
        while (TryGoOn());
    }

    public void Dispose()
    {
        _current?.Dispose();
        foreach (var file in _files)
        {
            file.Dispose();
        }
    }

    private IEnumerable<StoredRecord> ReadCurrent()
    {
        while (_current is not null && _current.TryRead(out var line))
        {
            yield return new StoredRecord(history.Source, line);
        }
    }

    private bool IsRotated() => FileStatus.OfPath(history.Path) is { } live && live.Inode != _current?.Inode;

    private bool TryGoOn()
    {
        if (!_files.TryDequeue(out var next))
        {
            return false;
        }

        _current?.Dispose();
        _current = next;
        return true;
    }

    /// <summary>
    /// Ours may be among them under another name, or as its compressed copy, which begins with the same line. Where it is not, it was
    /// old enough to be deleted, and all there are followed it.
    /// </summary>
    private List<LogFile> Following(IReadOnlyList<LogFile> files)
    {
        var ours = files.ToList().FindLastIndex(file => file.Inode == _current?.Inode || IsCopy(file));
        foreach (var file in files.Take(ours + 1))
        {
            file.Dispose();
        }

        return [.. files.Skip(ours + 1)];
    }

    private bool IsCopy(LogFile file) =>
        _current?.Head is { } ours && file.Head is { } its && its.Time == ours.Time && its.Cid == ours.Cid
            && its.Content.Span.SequenceEqual(ours.Content.Span);
}

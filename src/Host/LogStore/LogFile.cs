using System.IO.Compression;
using VmTools.Linux;

namespace VmTools.Host.LogStore;

/// <summary>
/// One file of a log, open for reading: it can be read to its end even when it is renamed or deleted meanwhile. Which file it is tells
/// its inode, as its name changes with every rotation.
/// </summary>
internal sealed class LogFile : IDisposable
{
    private readonly LineReader _lines;
    private readonly TimeZoneInfo _zone;
    private readonly DateTimeOffset _lastWritten;
    private StoredLine? _head;
    private bool _isHeadAhead;

    private LogFile(FileStream file, bool isCompressed, TimeZoneInfo zone)
    {
        _zone = zone;
        _lastWritten = File.GetLastWriteTimeUtc(file.SafeFileHandle);
        _lines = new LineReader(isCompressed ? new GZipStream(file, CompressionMode.Decompress) : file);
    }

    public required ulong Inode { get; init; }

    /// <summary>The first line: the same in a file and in its compressed copy. Null while there is none.</summary>
    public StoredLine? Head
    {
        get
        {
            if (_head is null && TryReadOn(out var line))
            {
                (_head, _isHeadAhead) = (line, true);
            }

            return _head;
        }
    }

    /// <summary>Null where the file is gone.</summary>
    public static LogFile? TryOpen(string name, TimeZoneInfo zone)
    {
        // The name may come to mean another file between the two calls; then the caller looks again.
        if (FileStatus.OfPath(name) is not { Kind: FileKind.Regular } status)
        {
            return null;
        }

        try
        {
            var file = new FileStream(name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            return new LogFile(file, RotatedFiles.IsCompressed(name), zone) { Inode = status.Inode };
        }
        catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>The next line that is one of ours; false at the end of what there is now.</summary>
    public bool TryRead(out StoredLine line)
    {
        if (_isHeadAhead)
        {
            _isHeadAhead = false;
            line = _head!.Value;
            return true;
        }

        var isRead = TryReadOn(out line);
        _head ??= isRead ? line : null;
        return isRead;
    }

    public void Dispose() => _lines.Dispose();

    private bool TryReadOn(out StoredLine line)
    {
        try
        {
            while (_lines.TryRead(out var bytes))
            {
                if (StoredLine.TryParse(bytes, out line) || OriginalLine.TryParse(bytes, _lastWritten, _zone, out line))
                {
                    line = line with { Content = line.Content.ToArray() };
                    return true;
                }
            }
        }
        catch (InvalidDataException)
        {
            // A compressed file that was damaged: what could be read of it was told.
        }

        line = default;
        return false;
    }
}

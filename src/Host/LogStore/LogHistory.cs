using VmTools.Linux;

namespace VmTools.Host.LogStore;

/// <summary>One source's files, which may be rotated while they are read.</summary>
internal sealed record LogHistory(LogSource Source, string Path, TimeZoneInfo Zone)
{
    /// <summary>Rotations in a row that a reader is ready to look through.</summary>
    private const int Attempts = 5;

    /// <summary>
    /// All files there are, oldest first, each once. Looked at again where a rotation came between: what is open by then was renamed,
    /// and so one may be missing.
    /// </summary>
    public IReadOnlyList<LogFile> Open()
    {
        for (var attempt = 1; ; attempt++)
        {
            var files = RotatedFiles.Existing(Path).Select(name => LogFile.TryOpen(name, Zone)).OfType<LogFile>()
                .DistinctBy(file => file.Inode).ToList();
            if (attempt == Attempts || files.Select(file => file.Inode).SequenceEqual(Inodes()))
            {
                return files;
            }

            files.ForEach(file => file.Dispose());
        }
    }

    public IEnumerable<StoredRecord> Read()
    {
        var files = Open();
        try
        {
            foreach (var file in files)
            {
                while (file.TryRead(out var line))
                {
                    yield return new StoredRecord(Source, line);
                }
            }
        }
        finally
        {
            foreach (var file in files)
            {
                file.Dispose();
            }
        }
    }

    private IEnumerable<ulong> Inodes() =>
        RotatedFiles.Existing(Path).Select(FileStatus.OfPath).Where(status => status is { Kind: FileKind.Regular })
            .Select(status => status!.Value.Inode);
}

/// <summary>A line of a VM's log and the file it comes from.</summary>
internal readonly record struct StoredRecord(LogSource Source, StoredLine Line);

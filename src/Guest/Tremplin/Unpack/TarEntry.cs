namespace VmTools.Guest.Tremplin.Unpack;

/// <summary>One entry of a tar. In its texts each char stands for one byte (Latin-1), as names need be no UTF-8.</summary>
internal sealed record TarEntry
{
    /// <summary>As it stands in the tar.</summary>
    public required string Name { get; init; }

    public required TarKind Kind { get; init; }

    public UnixFileMode Mode { get; init; }

    public ulong Uid { get; init; }

    public ulong Gid { get; init; }

    /// <summary>Where a link points to; else empty.</summary>
    public string Target { get; init; } = "";

    /// <summary>Of the file, with its holes.</summary>
    public long Length { get; init; }

    /// <summary>Of what stands in the tar for it.</summary>
    public long Stored { get; init; }

    /// <summary>Seconds since 1970.</summary>
    public long Changed { get; init; }

    public int ChangedNanoseconds { get; init; }

    public IReadOnlyList<KeyValuePair<string, byte[]>> Attributes { get; init; } = [];

    /// <summary>Where in the file the stored bytes belong, in order; null for a file without holes.</summary>
    public IReadOnlyList<FilePiece>? Pieces { get; init; }
}

/// <summary>What an entry of a tar becomes.</summary>
internal enum TarKind
{
    File,
    Directory,
    SymbolicLink,
    HardLink,
    Fifo,

    /// <summary>A device, or something else that no tree of ours holds.</summary>
    Other,
}

/// <summary>A part of a sparse file that is no hole.</summary>
internal readonly record struct FilePiece(long Offset, long Length);

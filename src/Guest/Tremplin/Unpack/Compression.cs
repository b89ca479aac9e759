using VmTools.Protocol;

namespace VmTools.Guest.Tremplin.Unpack;

/// <summary>How bytes are compressed, as their first ones tell.</summary>
internal static class Compression
{
    /// <summary>More than this a decompressor shall not need.</summary>
    private const string MemoryLimit = "--memory=256MB";

    private const int MagicBytes = 6;

    /// <summary>The program that unpacks it; null where it is not compressed.</summary>
    public static IReadOnlyList<string>? ToolFor(ReadOnlySpan<byte> start) => start switch
    {
        [0x1F, 0x8B, ..] => ["gzip", "-dc"],
        [0x28, 0xB5, 0x2F, 0xFD, ..] => ["zstd", "-dc", MemoryLimit],
        [0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0, ..] => ["xz", "-dc", "--memlimit-decompress=256MiB"],
        [(byte)'B', (byte)'Z', (byte)'h', ..] => throw new VmToolsException(
            ErrorKind.InvalidArgument, "it is compressed by bzip2, which is not offered; gzip, zstd and xz are"),
        _ => null,
    };

    /// <summary>The bytes as they were before they were compressed.</summary>
    public static Stream Open(Stream packed, ToolRun tools)
    {
        Span<byte> start = stackalloc byte[MagicBytes];
        var count = packed.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        packed.Position = 0;
        return ToolFor(start[..count]) is { } tool ? new UnpackingStream(packed, new FilterTool(tool, tools)) : packed;
    }
}

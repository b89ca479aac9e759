using System.Text;

namespace VmTools.Protocol.Grpc;

/// <summary>
/// The part of HPACK (RFC 7541) that needs no tables of its own: literals without Huffman coding, and indexes into the
/// static table. A peer that was told a table size of zero sends nothing else, but for Huffman-coded strings, which are
/// skipped.
/// </summary>
internal static class PlainHpack
{
    private const int StaticEntries = 61;
    private const int FirstStatus = 8;
    private const int LastStatus = 14;
    private const int MethodPost = 3;
    private const int SchemeHttp = 6;
    private const int Path = 4;
    private const int Authority = 1;
    private const int ContentType = 31;

    private static ReadOnlySpan<ushort> Statuses => [200, 204, 206, 304, 400, 404, 500];

    /// <summary>The headers of a gRPC request, its metadata last.</summary>
    public static byte[] EncodeRequest(string path, IReadOnlyDictionary<string, string> metadata)
    {
        var block = new MemoryStream();
        block.WriteByte(0x80 | MethodPost);
        block.WriteByte(0x80 | SchemeHttp);
        WriteLiteral(block, Path, null, path);
        WriteLiteral(block, Authority, null, "vsock");
        WriteLiteral(block, ContentType, null, "application/grpc");
        WriteLiteral(block, 0, "te", "trailers");
        foreach (var (name, value) in metadata)
        {
            WriteLiteral(block, 0, name, value);
        }

        return block.ToArray();
    }

    /// <summary>
    /// Adds the headers whose name and value are plain, and :status by index; false when the block is malformed or uses a
    /// table that does not exist.
    /// </summary>
    public static bool TryDecode(ReadOnlySpan<byte> block, Dictionary<string, string> headers)
    {
        while (!block.IsEmpty)
        {
            var first = block[0];
            var isRead = (first & 0x80) != 0 ? TryIndexed(ref block, headers)
                : (first & 0x40) != 0 ? TryLiteral(ref block, 6, headers)
                : (first & 0x20) != 0 ? TryInteger(ref block, 5, out _)
                : TryLiteral(ref block, 4, headers);
            if (!isRead)
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryIndexed(ref ReadOnlySpan<byte> block, Dictionary<string, string> headers)
    {
        if (!TryInteger(ref block, 7, out var index) || index is 0 or > StaticEntries)
        {
            return false;
        }

        if (index is >= FirstStatus and <= LastStatus)
        {
            headers[":status"] = $"{Statuses[index - FirstStatus]}";
        }

        return true;
    }

    private static bool TryLiteral(ref ReadOnlySpan<byte> block, int prefixBits, Dictionary<string, string> headers)
    {
        if (!TryInteger(ref block, prefixBits, out var index) || index > StaticEntries)
        {
            return false;
        }

        string? name = index is >= FirstStatus and <= LastStatus ? ":status" : null;
        if ((index == 0 && !TryString(ref block, out name)) || !TryString(ref block, out var value))
        {
            return false;
        }

        if (name is not null && value is not null)
        {
            headers[name] = value;
        }

        return true;
    }

    /// <summary>A string literal; null when it is Huffman-coded.</summary>
    private static bool TryString(ref ReadOnlySpan<byte> block, out string? text)
    {
        text = null;
        var isHuffman = !block.IsEmpty && (block[0] & 0x80) != 0;
        if (!TryInteger(ref block, 7, out var length) || length > block.Length)
        {
            return false;
        }

        text = isHuffman ? null : Encoding.Latin1.GetString(block[..length]);
        block = block[length..];
        return true;
    }

    /// <summary>An integer with a prefix of some bits (section 5.1); those beyond 2^21 mean nothing here.</summary>
    private static bool TryInteger(ref ReadOnlySpan<byte> block, int prefixBits, out int value)
    {
        value = 0;
        if (block.IsEmpty)
        {
            return false;
        }

        var limit = (1 << prefixBits) - 1;
        value = block[0] & limit;
        block = block[1..];
        if (value < limit)
        {
            return true;
        }

        for (var shift = 0; shift < 21 && !block.IsEmpty; shift += 7)
        {
            var next = block[0];
            block = block[1..];
            value += (next & 0x7f) << shift;
            if (next < 0x80)
            {
                return true;
            }
        }

        return false;
    }

    private static void WriteLiteral(MemoryStream block, int index, string? name, string value)
    {
        WriteInteger(block, 4, index);
        if (name is not null)
        {
            WriteString(block, name);
        }

        WriteString(block, value);
    }

    private static void WriteString(MemoryStream block, string text)
    {
        WriteInteger(block, 7, text.Length);
        block.Write(Encoding.ASCII.GetBytes(text));
    }

    private static void WriteInteger(MemoryStream block, int prefixBits, int value)
    {
        var limit = (1 << prefixBits) - 1;
        if (value < limit)
        {
            block.WriteByte((byte)value);
            return;
        }

        block.WriteByte((byte)limit);
        for (value -= limit; value >= 0x80; value >>= 7)
        {
            block.WriteByte((byte)(value | 0x80));
        }

        block.WriteByte((byte)value);
    }
}

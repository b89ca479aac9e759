using System.Globalization;
using System.Text;
using VmTools.Linux.Files;
using VmTools.Protocol;

namespace VmTools.Guest.Tremplin.Unpack;

/// <summary>
/// A tar, read once from its beginning to its end. Pax, ustar, GNU's and the oldest form are told by each header; what is read before an
/// entry is bounded.
/// </summary>
internal sealed class TarReader(Stream stream)
{
    private const int MaxLineBytes = 32;

    private readonly byte[] _block = new byte[TarHeader.Bytes];
    private readonly byte[] _discard = new byte[64 * 1024];
    private PaxRecords _global = new();
    private long _left;
    private int _padding;

    /// <summary>The entry read last.</summary>
    public TarEntry Entry { get; private set; } = new() { Name = "", Kind = TarKind.Other };

    /// <summary>How many bytes of the tar have been read: right after <see cref="TryNext"/> where the content begins.</summary>
    public long Position { get; private set; }

    /// <summary>False at the end.</summary>
    /// <exception cref="VmToolsException">It is no tar, or not a whole one.</exception>
    public bool TryNext()
    {
        SkipContent();
        var records = _global;
        string? longName = null;
        string? longTarget = null;
        while (TryReadHeader())
        {
            var header = new TarHeader(_block);
            switch (header.Type)
            {
                case 'L':
                    longName = TextOf(ReadExtra(header));
                    break;
                case 'K':
                    longTarget = TextOf(ReadExtra(header));
                    break;
                case 'x' or 'X':
                    records = _global.Copy();
                    Require(records.TryAdd(ReadExtra(header)), "an extended header");
                    break;
                case 'g':
                    var global = _global.Copy();
                    Require(global.TryAdd(ReadExtra(header)), "a global header");
                    records = _global = global;
                    break;
                default:
                    Take(header, records, longName, longTarget);
                    return true;
            }
        }

        return false;
    }

    /// <summary>The next bytes of the entry as they are stored; 0 at their end.</summary>
    public int Read(Span<byte> buffer)
    {
        var wanted = (int)Math.Min(buffer.Length, _left);
        if (wanted == 0)
        {
            return 0;
        }

        var count = stream.Read(buffer[..wanted]);
        Require(count > 0, "the content of a file");
        Position += count;
        _left -= count;
        return count;
    }

    /// <summary>Passes over what is left of the entry.</summary>
    public void SkipContent()
    {
        if (stream.CanSeek)
        {
            var over = _left + _padding;
            Require(stream.Length - stream.Position >= over, "the content of a file");
            stream.Seek(over, SeekOrigin.Current);
            (Position, _left, _padding) = (Position + over, 0, 0);
            return;
        }

        while (Read(_discard) > 0)
        {
            // It is not wanted.
        }

        ReadExactly(_discard.AsSpan(0, _padding), "the content of a file");
        _padding = 0;
    }

    private void Take(TarHeader header, PaxRecords records, string? longName, string? longTarget)
    {
        var isRead = header.TryMode(out var mode) & header.TryUid(out var uid) & header.TryGid(out var gid)
            & header.TrySize(out var size) & header.TryTime(out var time);
        var nanoseconds = 0;
        isRead &= records.TryNumber("uid", ref uid) & records.TryNumber("gid", ref gid) & records.TryNumber("size", ref size)
            & records.TryTime(ref time, ref nanoseconds);
        Require(isRead && size is >= 0 and <= UnpackLimits.MaxBytes && uid >= 0 && gid >= 0, "the header of an entry");
        var name = records.Text("GNU.sparse.name") ?? records.Text("path") ?? longName ?? header.Name;
        var kind = KindOf(header.Type, name);

        // Links and directories have no content, whatever a writer has put there for their size.
        _left = kind is TarKind.File or TarKind.Other || (kind == TarKind.HardLink && records.Text("size") is not null) ? size : 0;
        _padding = PaddingOf(_left);
        var pieces = kind == TarKind.File ? PiecesOf(header, records, out size) : null;
        Entry = new TarEntry
        {
            Name = name,
            Kind = kind,
            Mode = (UnixFileMode)(mode & 0xFFF),
            Uid = (ulong)uid,
            Gid = (ulong)gid,
            Target = kind is TarKind.SymbolicLink or TarKind.HardLink ? records.Text("linkpath") ?? longTarget ?? header.Target : "",
            Length = pieces is null ? _left : size,
            Stored = _left,
            Changed = time,
            ChangedNanoseconds = nanoseconds,
            Attributes = records.Attributes,
            Pieces = pieces,
        };
    }

    private static TarKind KindOf(char type, string name) => type switch
    {
        '0' or '\0' or '7' when !name.EndsWith('/') => TarKind.File,
        '0' or '\0' or '5' or 'D' => TarKind.Directory,
        'S' => TarKind.File,
        '1' => TarKind.HardLink,
        '2' => TarKind.SymbolicLink,
        '6' => TarKind.Fifo,
        _ => TarKind.Other,
    };

    /// <summary>Where the stored bytes belong; null for a file without holes. Reads what precedes the content.</summary>
    private List<FilePiece>? PiecesOf(TarHeader header, PaxRecords records, out long length)
    {
        length = 0;
        List<long> numbers;
        if (header.Type == 'S')
        {
            Require(header.TryRealSize(out length), "the header of a sparse file");
            numbers = OldPieces();
        }
        else if (records.Text("GNU.sparse.major") == "1")
        {
            Require(records.TryNumber("GNU.sparse.realsize", ref length), "the header of a sparse file");
            numbers = StoredPieces();
        }
        else if (records.Text("GNU.sparse.size") is not null)
        {
            Require(records.TryNumber("GNU.sparse.size", ref length), "the header of a sparse file");
            numbers = records.Text("GNU.sparse.map") is { } map ? [.. map.Split(',').Select(NumberIn)] : [.. records.SparseNumbers];
        }
        else
        {
            return null;
        }

        Require(SparseMap.TryRead(numbers, length, _left, out var pieces), "the map of a sparse file");
        return pieces;
    }

    /// <summary>GNU's old form: four pieces in the header, 21 in each block that follows.</summary>
    private List<long> OldPieces()
    {
        const int FieldBytes = 12;
        var numbers = new List<long>();
        var (start, count, more) = (386, 4, _block[482] != 0);
        while (true)
        {
            for (var at = start; at < start + (count * 2 * FieldBytes); at += FieldBytes)
            {
                if (new TarHeader(_block).TryNumber(at, FieldBytes, out var number) && _block[at] != 0)
                {
                    numbers.Add(number);
                }
            }

            if (!more)
            {
                return numbers;
            }

            Require(numbers.Count <= UnpackLimits.MaxPieces * 2, "the map of a sparse file");
            ReadExactly(_block, "the map of a sparse file");
            (start, count, more) = (0, 21, _block[504] != 0);
        }
    }

    /// <summary>Version 1.0: numbers in lines before the content, filled up to a block.</summary>
    private List<long> StoredPieces()
    {
        var line = new StringBuilder();
        var numbers = new List<long>();
        var wanted = 1L;
        var block = new byte[TarHeader.Bytes];
        while (numbers.Count < wanted)
        {
            Require(_left >= block.Length, "the map of a sparse file");
            ReadExactly(block, "the map of a sparse file");
            _left -= block.Length;
            for (var at = 0; at < block.Length && numbers.Count < wanted; at++)
            {
                if (block[at] != '\n')
                {
                    Require(line.Length < MaxLineBytes, "the map of a sparse file");
                    line.Append((char)block[at]);
                    continue;
                }

                numbers.Add(NumberIn(line.ToString()));
                line.Clear();
                if (numbers.Count == 1)
                {
                    Require(numbers[0] is >= 0 and <= UnpackLimits.MaxPieces, "the map of a sparse file");
                    wanted = 1 + (numbers[0] * 2);
                }
            }
        }

        numbers.RemoveAt(0);
        return numbers;
    }

    private static long NumberIn(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;

    /// <summary>False at the end of the tar: a block of zeroes, or no more bytes.</summary>
    private bool TryReadHeader()
    {
        var count = stream.ReadAtLeast(_block, _block.Length, throwOnEndOfStream: false);
        Position += count;
        if (count == 0 || (count == _block.Length && new TarHeader(_block).IsEnd))
        {
            return false;
        }

        Require(count == _block.Length && new TarHeader(_block).IsWhole, "a header");
        return true;
    }

    private byte[] ReadExtra(TarHeader header)
    {
        Require(header.TrySize(out var size) && size is >= 0 and <= UnpackLimits.MaxHeader, "an extended header");
        var bytes = new byte[size];
        ReadExactly(bytes, "an extended header");
        ReadExactly(_discard.AsSpan(0, PaddingOf(size)), "an extended header");
        return bytes;
    }

    private void ReadExactly(Span<byte> buffer, string what)
    {
        Require(stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false) == buffer.Length, what);
        Position += buffer.Length;
    }

    private void Require(bool isSo, string what)
    {
        if (!isSo)
        {
            var after = Entry.Name.Length > 0 ? $" after '{ForeignTree.Shown(Entry.Name)}'" : "";
            throw new VmToolsException(ErrorKind.InvalidArgument, $"it is no tar, or not a whole one: {what}{after} cannot be read");
        }
    }

    private static int PaddingOf(long size) => (int)(-size & (TarHeader.Bytes - 1));

    private static string TextOf(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)0);
        return Encoding.Latin1.GetString(end < 0 ? bytes : bytes[..end]);
    }
}

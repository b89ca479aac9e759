using System.Text;
using VmTools.Guest.Tremplin.Unpack;
using VmTools.Protocol;

namespace VmTools.Fuzz.Targets;

/// <summary>
/// Tars of a stranger: whatever the bytes are, they are read to their end or refused in our own words, never in one way from a file and in
/// another from a pipe; and no more content comes out than went in.
/// </summary>
internal sealed class TarTarget : IFuzzTarget
{
    private static readonly byte[] Sum = "        "u8.ToArray();

    public int MaxInput => 4096;

    public IReadOnlyList<byte[]> Seeds { get; } =
    [
        [.. Header("etc/", '5', 0), .. Header("etc/issue", '0', 5), .. Block("hello"), .. new byte[1024]],
        [.. Header("pax", 'x', 30), .. Block("13 path=abcd\n17 mtime=123.456\n"), .. Header("a", '2', 0), .. new byte[512]],
        [
            .. Header("pax", 'x', 66), .. Block("22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n27 GNU.sparse.realsize=9000\n"),
            .. Header("s", '0', 515), .. Block("1\n8000\n3\n"), .. Block("abc"),
        ],
    ];

    public IReadOnlyList<byte[]> Tokens { get; } =
    [
        .. new[] { "path=", "linkpath=", "size=", "GNU.sparse.map=0,1", "SCHILY.xattr.user.a=", "ustar\0", "ustar  \0", "../", "\x80\xFF" }
            .Select(Encoding.Latin1.GetBytes),
    ];

    public int Run(ReadOnlySpan<byte> input)
    {
        // A sum that is wrong ends it at once: each block that could be a header has the right one.
        var bytes = input.ToArray();
        for (var at = 0; at + TarHeader.Bytes <= bytes.Length; at += TarHeader.Bytes)
        {
            SetSum(bytes.AsSpan(at, TarHeader.Bytes));
        }

        var fromFile = Read(new MemoryStream(bytes));
        var fromPipe = Read(new OneWay(bytes));
        BrokenInvariantException.Unless(fromFile == fromPipe, $"from a file {fromFile}, from a pipe {fromPipe}");
        BrokenInvariantException.Unless(fromFile.Content <= bytes.Length, $"{fromFile.Content} bytes of content");
        return HashCode.Combine(fromFile.Entries, fromFile.IsWhole);
    }

    public void Dispose()
    {
    }

    private static (int Entries, long Content, bool IsWhole) Read(Stream stream)
    {
        var tar = new TarReader(stream);
        var (entries, content) = (0, 0L);
        var buffer = new byte[300];
        try
        {
            while (tar.TryNext())
            {
                entries++;
                _ = TarName.TryRead(tar.Entry.Name, out _);
                while (tar.Read(buffer) is > 0 and var count)
                {
                    content += count;
                }
            }

            return (entries, content, true);
        }
        catch (VmToolsException)
        {
            return (entries, content, false);
        }
    }

    private static byte[] Header(string name, char type, int size)
    {
        var block = new byte[TarHeader.Bytes];
        Encoding.ASCII.GetBytes(name, block);
        Encoding.ASCII.GetBytes(Convert.ToString(size, 8).PadLeft(11, '0'), block.AsSpan(124));
        block[156] = (byte)type;
        SetSum(block);
        return block;
    }

    private static byte[] Block(string text)
    {
        var block = new byte[TarHeader.Bytes];
        Encoding.ASCII.GetBytes(text, block);
        return block;
    }

    private static void SetSum(Span<byte> block)
    {
        if (!block.ContainsAnyExcept((byte)0))
        {
            return;
        }

        Sum.CopyTo(block[148..]);
        var total = 0;
        foreach (var value in block)
        {
            total += value;
        }

        Encoding.ASCII.GetBytes(Convert.ToString(total, 8).PadLeft(6, '0') + "\0 ", block[148..]);
    }

    private sealed class OneWay(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;

        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, 77)]);
    }
}

using System.Buffers;
using System.Text;

namespace VmTools.Host.GuestText;

/// <summary>A guest's text as it may stand in our files and on a terminal: valid UTF-8, no control characters, not too long.</summary>
internal static class CleanText
{
    /// <summary>On one line: a line feed becomes <c>\n</c>.</summary>
    public static string OneLine(string text, int mostBytes)
    {
        var clean = new ArrayBufferWriter<byte>();
        Scrubber.Scrub(Encoding.UTF8.GetBytes(Head(text, mostBytes).Replace("\n", "\\n", StringComparison.Ordinal)), clean);
        return Encoding.UTF8.GetString(Cut(clean.WrittenSpan, mostBytes));
    }

    /// <summary>Lines and tabs stay as they are.</summary>
    public static byte[] Lines(string text, int mostBytes)
    {
        var clean = new ArrayBufferWriter<byte>();
        var rest = Encoding.UTF8.GetBytes(Head(text, mostBytes)).AsSpan();
        while (!rest.IsEmpty)
        {
            var next = rest.IndexOfAny((byte)'\n', (byte)'\t');
            Scrubber.Scrub(next < 0 ? rest : rest[..next], clean);
            if (next < 0)
            {
                break;
            }

            clean.Write(rest.Slice(next, 1));
            rest = rest[(next + 1)..];
        }

        return Cut(clean.WrittenSpan, mostBytes).ToArray();
    }

    /// <summary>So many characters have at least as many bytes, so that no more than is kept need be looked at.</summary>
    private static string Head(string text, int most) => text.Length <= most ? text : text[..most];

    /// <summary>Not within a character.</summary>
    private static ReadOnlySpan<byte> Cut(ReadOnlySpan<byte> text, int most)
    {
        if (text.Length <= most)
        {
            return text;
        }

        var end = most;
        while (end > 0 && (text[end] & 0xc0) == 0x80)
        {
            end--;
        }

        return text[..end];
    }
}

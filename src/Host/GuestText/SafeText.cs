using System.Buffers;
using System.Text;

namespace VmTools.Host.GuestText;

/// <summary>
/// A guest's text, made safe for the place where it is to stand. Control characters could drive a terminal, a line feed could fake a line,
/// and unseen characters could turn around what stands beside them: code that shows or keeps a guest's text gets it from here.
/// </summary>
internal static class SafeText
{
    private static readonly TextPolicy File = new(TextReplacement.Octal) { StopsInvisible = false };
    private static readonly TextPolicy FileLines = File with { Kept = "\n\t" };
    private static readonly TextPolicy Terminal = new(TextReplacement.Sign) { Kept = "\n\t" };
    private static readonly TextPolicy Cell = new(TextReplacement.Sign);
    private static readonly TextPolicy Quote = new(TextReplacement.Nothing);

    /// <summary>Line feeds lie between the values; within them the encoder has escaped all control characters.</summary>
    private static readonly TextPolicy Json = new(TextReplacement.Json) { Kept = "\n" };

    /// <summary>
    /// Appends a line of a log or a value of a report to a file. The file keeps all that is text: control characters and noncharacters
    /// become <c>#</c> and their code point in octal, bytes that are not UTF-8 become U+FFFD.
    /// </summary>
    public static void WriteForFile(ReadOnlySpan<byte> raw, IBufferWriter<byte> to) => TextScanner.Scan(raw, File, to);

    /// <summary>One line for a file, of so many bytes at most; a line feed becomes <c>\n</c>.</summary>
    public static string ForFile(string text, int mostBytes) =>
        Encoding.UTF8.GetString(Bounded(Head(text, mostBytes).Replace("\n", "\\n", StringComparison.Ordinal), File, mostBytes).Span);

    /// <summary>Several lines for a file, of so many bytes at most; tabs stay as they are.</summary>
    public static byte[] LinesForFile(string text, int mostBytes) => Bounded(Head(text, mostBytes), FileLines, mostBytes).ToArray();

    /// <summary>Text of one or more lines for a terminal; what could drive it becomes U+FFFD. Line feeds and tabs stay.</summary>
    public static string ForTerminal(string text) => Scanned(text, Terminal);

    /// <summary>One line, or one cell of a table, for a terminal: as <see cref="ForTerminal"/>, but line feeds and tabs go too.</summary>
    public static string ForCell(string text) => Scanned(text, Cell);

    /// <summary>
    /// A name or some words within a sentence: as <see cref="ForCell"/>, and cut behind so many characters with an ellipsis.
    /// </summary>
    public static string ForSentence(string text, int mostCharacters) =>
        text.Length <= mostCharacters ? ForCell(text) : ForCell(Head(text, mostCharacters)) + "…";

    /// <summary>
    /// A line that a program printed for people, quoted in a sentence: escape sequences, such as those for colours, and all else that could
    /// drive a terminal are left out, as are blanks at the end and what comes behind so many characters.
    /// </summary>
    public static string ForQuote(string line, int mostCharacters) => Head(Scanned(line, Quote), mostCharacters).TrimEnd();

    /// <summary>
    /// A text of JSON, which for its reader stays the same: what could drive the terminal on which it is printed is escaped.
    /// </summary>
    public static string ForJson(string json) => Scanned(json, Json);

    private static string Scanned(string text, TextPolicy policy)
    {
        if (text.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0)
        {
            return text;
        }

        var safe = new ArrayBufferWriter<byte>(text.Length + 1);
        TextScanner.Scan(Encoding.UTF8.GetBytes(text), policy, safe);
        return Encoding.UTF8.GetString(safe.WrittenSpan);
    }

    private static ReadOnlyMemory<byte> Bounded(string text, TextPolicy policy, int mostBytes)
    {
        var safe = new ArrayBufferWriter<byte>();
        TextScanner.Scan(Encoding.UTF8.GetBytes(text), policy, safe);
        var end = Math.Min(mostBytes, safe.WrittenCount);

        // A character is cut whole: its later bytes all begin with the bits 10.
        while (end > 0 && end < safe.WrittenCount && (safe.WrittenSpan[end] & 0xc0) == 0x80)
        {
            end--;
        }

        return safe.WrittenMemory[..end];
    }

    /// <summary>The first so many characters, which are at least as many bytes; never half of a pair.</summary>
    private static string Head(string text, int most) =>
        text.Length <= most ? text : text[..(most > 0 && char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)];
}

using VmTools.Host.GuestText;

namespace VmTools.Host.Cicerone.Containers;

/// <summary>What a guest writes of its containers, made short and safe before any client sees it.</summary>
internal static class CleanText
{
    private const int MostCharacters = 256;
    private const int MostLines = 32;
    private const int MostOfLine = 500;
    private const int MostTextLines = 1000;
    private const int MostOfText = 64 * 1024;

    /// <summary>A name, an address, a version: part of one line.</summary>
    public static string Word(string text) => SafeText.ForQuote(Head(text, MostCharacters), MostCharacters);

    /// <summary>Why something failed: a sentence, and perhaps the last lines of a console.</summary>
    public static string Reason(string text) => string.Join(
        '\n',
        Head(text, MostLines * MostOfLine).Split('\n').Select(line => SafeText.ForQuote(line, MostOfLine)).Where(line => line.Length > 0)
            .Take(MostLines));

    /// <summary>A longer text: its lines, without empty ones.</summary>
    public static IReadOnlyList<string> Lines(string text) =>
    [
        .. Head(text, MostOfText).Split('\n').Select(line => SafeText.ForQuote(line.TrimEnd(), MostOfLine)).Where(line => line.Length > 0)
            .Take(MostTextLines),
    ];

    /// <summary>So that no more than this is looked at; a pair that is cut becomes U+FFFD.</summary>
    private static string Head(string text, int most) => text.Length <= most ? text : text[..most];
}

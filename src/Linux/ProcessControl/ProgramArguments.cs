using System.Buffers;
using System.Globalization;
using System.Text;

namespace VmTools.Linux.ProcessControl;

/// <summary>The words that this program was started with, as bytes: the runtime replaces in silence what is not UTF-8.</summary>
public static class ProgramArguments
{
    private const string CommandLine = "/proc/self/cmdline";
    private const int MaxShown = 80;

    /// <summary>The first argument that is not UTF-8, fit to be shown; null where all are what the caller gave.</summary>
    public static string? FirstChanged(IEnumerable<string> arguments)
    {
        // Nearly always there is none, and no file need be read to know it.
        if (!arguments.Any(argument => argument.Contains((char)Rune.ReplacementChar.Value, StringComparison.Ordinal)))
        {
            return null;
        }

        try
        {
            return FirstChangedIn(File.ReadAllBytes(CommandLine));
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The same for words that end with a zero each.</summary>
    internal static string? FirstChangedIn(ReadOnlySpan<byte> words)
    {
        while (!words.IsEmpty)
        {
            var end = words.IndexOf((byte)0);
            var word = end < 0 ? words : words[..end];
            if (!System.Text.Unicode.Utf8.IsValid(word))
            {
                return Shown(word);
            }

            words = end < 0 ? default : words[(end + 1)..];
        }

        return null;
    }

    /// <summary>What is no printable character stands as \x and two digits for each byte.</summary>
    private static string Shown(ReadOnlySpan<byte> word)
    {
        var shown = new StringBuilder();
        while (!word.IsEmpty && shown.Length < MaxShown)
        {
            var outcome = Rune.DecodeFromUtf8(word, out var rune, out var length);
            if (outcome == OperationStatus.Done && !Rune.IsControl(rune))
            {
                shown.Append(rune.ToString());
            }
            else
            {
                foreach (var unit in word[..length])
                {
                    shown.Append(CultureInfo.InvariantCulture, $"\\x{unit:x2}");
                }
            }

            word = word[length..];
        }

        return shown.ToString();
    }
}

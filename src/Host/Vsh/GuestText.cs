using System.Text;

namespace VmTools.Host.Vsh;

/// <summary>Words of the guest inside our own messages: without control characters, which could speak to the terminal.</summary>
internal static class GuestText
{
    private const int MaxCharacters = 500;

    public static string Printable(string text)
    {
        var printable = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (printable.Length >= MaxCharacters)
            {
                break;
            }

            var isSafe = !Rune.IsControl(rune)
                && Rune.GetUnicodeCategory(rune) is not System.Globalization.UnicodeCategory.Format;
            printable.Append(isSafe ? rune.ToString() : "?");
        }

        return printable.ToString();
    }
}

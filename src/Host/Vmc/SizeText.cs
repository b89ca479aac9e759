using System.Globalization;

namespace VmTools.Host.Vmc;

/// <summary>Sizes as vmc reads and shows them: plain bytes, or a number with M (MiB) or G (GiB).</summary>
internal static class SizeText
{
    public static bool TryParse(string text, out ulong bytes)
    {
        var shift = text is [.., 'M'] ? 20 : text is [.., 'G'] ? 30 : 0;
        var digits = shift > 0 ? text[..^1] : text;
        bytes = 0;
        if (!ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > (ulong)long.MaxValue >> shift)
        {
            return false;
        }

        bytes = number << shift;
        return true;
    }

    public static string Show(ulong bytes) => bytes switch
    {
        < 1UL << 10 => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
        < 1UL << 20 => Scaled(bytes, 10, "KiB"),
        < 1UL << 30 => Scaled(bytes, 20, "MiB"),
        _ => Scaled(bytes, 30, "GiB"),
    };

    private static string Scaled(ulong bytes, int shift, string unit) =>
        string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1UL << shift):0.#} {unit}");
}

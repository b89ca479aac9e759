using System.Globalization;

namespace VmTools.Host.Vmc.Cli;

/// <summary>
/// Sizes as vmc reads and shows them: plain bytes, or a number, with a fraction if need be, and K, M, G or T, which are powers of 1024
/// whether <c>B</c> or <c>iB</c> follows.
/// </summary>
internal static class SizeText
{
    private const string Units = "KMGT";

    private static readonly string[] Endings = ["iB", "B"];

    public static bool TryParse(string text, out ulong bytes)
    {
        var ending = Endings.FirstOrDefault(
            ending => text.Length > ending.Length + 1 && text.EndsWith(ending, StringComparison.OrdinalIgnoreCase));
        var digits = text[..^(ending?.Length ?? 0)];
        var unit = digits is [] ? -1 : Units.IndexOf(char.ToUpperInvariant(digits[^1]), StringComparison.Ordinal);
        bytes = 0;
        if (unit < 0)
        {
            return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out bytes) && bytes <= long.MaxValue;
        }

        if (!decimal.TryParse(digits[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            || number > long.MaxValue)
        {
            return false;
        }

        var size = number * (1UL << Shift(unit));
        bytes = size <= long.MaxValue ? (ulong)size : 0;
        return size <= long.MaxValue;
    }

    public static string Show(ulong bytes) => bytes switch
    {
        < 1UL << 10 => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
        < 1UL << 20 => Scaled(bytes, 10, "KiB"),
        < 1UL << 30 => Scaled(bytes, 20, "MiB"),
        _ => Scaled(bytes, 30, "GiB"),
    };

    /// <summary>As the options take it, for whole numbers of a unit.</summary>
    public static string Typed(ulong bytes)
    {
        var unit = Units.Length - 1;
        while (unit >= 0 && bytes >> Shift(unit) << Shift(unit) != bytes)
        {
            unit--;
        }

        return unit < 0
            ? bytes.ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{bytes >> Shift(unit)}{Units[unit]}");
    }

    private static int Shift(int unit) => 10 * (unit + 1);

    private static string Scaled(ulong bytes, int shift, string unit) =>
        string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1UL << shift):0.#} {unit}");
}

/// <summary>The sizes that an option takes.</summary>
internal readonly record struct SizeRange(ulong Least, ulong Most)
{
    public bool Holds(ulong bytes) => bytes >= Least && bytes <= Most;

    /// <summary>As a user would type it: from 16M to 16T.</summary>
    public override string ToString() => $"from {SizeText.Typed(Least)} to {SizeText.Typed(Most)}";
}

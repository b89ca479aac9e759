using System.Globalization;

namespace VmTools.Host.Settings;

/// <summary>One thing that may be chosen, by the same name in a file and on the command line.</summary>
internal sealed record Setting<T>(string Name, string Allowed, string Meaning)
    where T : class
{
    /// <summary>What holds where nothing is chosen, as it would be written.</summary>
    public required string Default { get; init; }

    /// <summary>What the name alone stands for on the command line; null where a value must be given.</summary>
    public string? Bare { get; init; }

    /// <summary>The settings with this one chosen, or null where the value is not allowed.</summary>
    public required Func<T, string, T?> Apply { get; init; }

    /// <summary>A whole number of a range.</summary>
    public static Setting<T> OfNumber(string name, string meaning, NumberRange range, (string Default, Func<T, long, T> With) choice) =>
        new(name, range.ToString(), meaning)
        {
            Default = choice.Default,
            Apply = (settings, text) => range.TryParse(text, out var value) ? choice.With(settings, value) : null,
        };

    /// <summary>Its part of a daemon's help.</summary>
    public string Describe() => $"  --{Name,-20} {Meaning}\n{new string(' ', 25)}{Allowed} (default: {Default})\n";
}

/// <summary>The whole numbers that may be chosen for a setting.</summary>
internal sealed record NumberRange(long Least, long Most)
{
    /// <summary>0 lies outside the range and is allowed besides.</summary>
    public bool IsZeroNoLimit { get; init; }

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{(IsZeroNoLimit ? "0 (no limit) or " : "")}a whole number from {Least} to {Most}");

    public bool TryParse(string text, out long value) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value)
        && ((value >= Least && value <= Most) || (IsZeroNoLimit && value == 0));
}

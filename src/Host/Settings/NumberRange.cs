using System.Globalization;

namespace VmTools.Host.Settings;

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

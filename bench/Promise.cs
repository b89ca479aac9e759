namespace VmTools.Bench;

/// <summary>One line of the table: what was measured, the figure, what we aim at, and whether that is met (null: no aim).</summary>
internal sealed record Promise(string What, string Measured, string Aim, bool? IsMet)
{
    public static Promise AtMost(string what, double ratio, double aim) =>
        new(what, ratio.ToString("0.00", null), $"≤ {aim:0.00}", ratio <= aim);

    public static Promise AtLeast(string what, double ratio, double aim) =>
        new(what, ratio.ToString("0.00", null), $"≥ {aim:0.00}", ratio >= aim);

    public static Promise Without(string what, double ratio) => new(what, ratio.ToString("0.00", null), "", null);

    /// <summary>A figure of this machine, which promises nothing for another.</summary>
    public static Promise Plain(string what, string measured) => new(what, measured, "", null);

    public static Promise Amount(string what, double amount, string unit, double aim) =>
        new(what, $"{amount:0.##} {unit}", $"≤ {aim:0.##} {unit}", amount <= aim);
}

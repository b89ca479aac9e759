namespace VmTools.Host.Vmc.Doctor;

/// <summary>All findings, and whether a VM can be started.</summary>
internal sealed record DoctorReport(bool IsReady, IReadOnlyList<DoctorReport.Item> Findings)
{
    public static DoctorReport Of(IReadOnlyList<Finding> findings) => new(
        findings.All(finding => finding.Severity != Severity.Missing),
        [.. findings.Select(finding => new Item(finding.Name, WordFor(finding.Severity), finding.Detail, finding.Fix))]);

    public static string WordFor(Severity severity) => severity switch
    {
        Severity.Ok => "ok",
        Severity.Note => "note",
        Severity.Missing => "missing",
        _ => throw new ArgumentOutOfRangeException(nameof(severity), severity, "Not a severity."),
    };

    /// <summary>One finding as programs read it.</summary>
    internal sealed record Item(
        string Name, string State, string Detail, string? Fix);
}

namespace VmTools.Host.Vmc.Crashes;

/// <summary>The signal that ended a program, and why it came.</summary>
internal sealed record SignalDetail(int Number, string? Name)
{
    public int Code { get; init; }

    public string? Meaning { get; init; }

    public string? Address { get; init; }
}

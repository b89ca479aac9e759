namespace VmTools.Host.Vmc.Crashes;

/// <summary>One thread of a program that died.</summary>
internal sealed record ThreadDetail(uint Id, string Name, bool HasDied)
{
    public required IReadOnlyList<FrameDetail> Frames { get; init; }

    public required IReadOnlyDictionary<string, string> Registers { get; init; }
}

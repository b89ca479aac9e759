namespace VmTools.Host.Vmc.Crashes;

/// <summary>One call on a stack: its address, the module with the offset in it, and the function with the place in its source where a symbol tells.</summary>
internal sealed record FrameDetail(string Address, string? Place)
{
    public string? Function { get; init; }

    public long? FunctionOffset { get; init; }

    public string? File { get; init; }

    public int? Line { get; init; }
}

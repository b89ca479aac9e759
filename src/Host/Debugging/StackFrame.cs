namespace VmTools.Host.Debugging;

/// <summary>One call on a stack. What is not known is null; an inlined function has the address of the one it is in.</summary>
internal sealed record StackFrame(ulong Address)
{
    public string? Function { get; init; }

    public long? FunctionOffset { get; init; }

    public string? File { get; init; }

    public int? Line { get; init; }
}

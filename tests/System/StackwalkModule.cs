namespace VmTools.SystemTests;

/// <summary>A module with its debug id, by which symbol servers know it; the end is the first address behind it.</summary>
internal sealed record StackwalkModule(string Name, string DebugId, ulong Start, ulong End)
{
    public bool IsKernels => Name == "linux-gate.so";
}

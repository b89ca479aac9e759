namespace VmTools.Crash.Minidumps;

/// <summary>One thread at the time of the crash.</summary>
public sealed record MinidumpThread
{
    public required uint Id { get; init; }

    /// <summary>Empty when the minidump does not tell.</summary>
    public string Name { get; init; } = "";

    /// <summary>In the order in which people read them; empty when the context is not one of this machine.</summary>
    public IReadOnlyList<Register> Registers { get; init; } = [];

    public IReadOnlyList<VectorRegister> Vectors { get; init; } = [];

    public ulong InstructionPointer { get; init; }

    public ulong StackPointer { get; init; }

    /// <summary>The part of the stack that the minidump has.</summary>
    public ulong StackStart { get; init; }

    public int StackSize { get; init; }
}

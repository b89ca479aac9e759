namespace VmTools.Fuzz.Targets;

/// <summary>Code that takes bytes of a stranger, and what holds for whatever they are.</summary>
internal interface IFuzzTarget : IDisposable
{
    /// <summary>Longer inputs are not tried.</summary>
    int MaxInput { get; }

    /// <summary>Inputs to begin with.</summary>
    IReadOnlyList<byte[]> Seeds { get; }

    /// <summary>Pieces that mean something to the code and would hardly be guessed.</summary>
    IReadOnlyList<byte[]> Tokens { get; }

    /// <summary>
    /// Runs the code on one input and throws where an invariant does not hold. The number says roughly what happened: an input for which
    /// it is new is worth changing further, even where no coverage is measured.
    /// </summary>
    int Run(ReadOnlySpan<byte> input);
}

using VmTools.Host.LogStore;

namespace VmTools.Host.VsockDevice.Console;

/// <summary>
/// Finds the records of kernel panics and oopses in the lines of a console: from the first line to the one that ends it, or until
/// it is too long or has ceased to be told.
/// </summary>
internal sealed class FaultDetector(TimeProvider clock)
{
    public const int MaxLines = 200;

    private int _left;
    private long _last;

    public FaultPart Find(ReadOnlySpan<byte> line)
    {
        var isFirst = KernelFaultLine.Begins(line);
        if (!isFirst && _left == 0)
        {
            return FaultPart.None;
        }

        var now = clock.GetTimestamp();
        var isInside = _left > 0 && clock.GetElapsedTime(_last, now) < KernelFaults.LongestPause;
        _last = now;
        if (!isFirst && !isInside)
        {
            _left = 0;
            return FaultPart.None;
        }

        // A cascade is told as one: a first line inside a record does not make it longer.
        _left = KernelFaultLine.Ends(line) ? 0 : (isInside ? _left : MaxLines) - 1;
        return !isFirst ? FaultPart.Further : KernelFaultLine.IsPanic(line) ? FaultPart.PanicsFirst : FaultPart.First;
    }
}

/// <summary>What a console line is to a record of a kernel fault.</summary>
internal enum FaultPart
{
    None,

    /// <summary>It begins to tell of a fault.</summary>
    First,

    /// <summary>It says that the kernel dies.</summary>
    PanicsFirst,

    /// <summary>Registers, code, a call trace.</summary>
    Further,
}

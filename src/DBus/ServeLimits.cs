namespace VmTools.DBus;

/// <summary>
/// What callers together may hold of us at one time. A call beyond any of these is answered with
/// <see cref="BusErrors.LimitsExceeded"/> at once, without its handler being started.
/// </summary>
public sealed record ServeLimits
{
    public int Calls { get; init; } = 256;

    public int CallsPerCaller { get; init; } = 64;

    /// <summary>The longest byte array or string argument.</summary>
    public int ArgumentBytes { get; init; } = 4 << 20;

    /// <summary>Arguments of all unanswered calls together.</summary>
    public int TotalBytes { get; init; } = 32 << 20;

    public int Fds { get; init; } = 64;
}

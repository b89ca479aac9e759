namespace VmTools.Guest;

/// <summary>The pauses between attempts at something that fails: twice as long each time, from a first to a longest.</summary>
internal sealed class BackOff(TimeSpan first, TimeSpan longest)
{
    private TimeSpan? _pause;

    /// <summary>Whether a pause was taken since the last success.</summary>
    public bool HasBegun => _pause is not null;

    /// <summary>How long to wait before the next attempt.</summary>
    public TimeSpan Next()
    {
        var pause = _pause * 2 ?? first;
        _pause = pause < longest ? pause : longest;
        return _pause.Value;
    }

    /// <summary>The attempt has succeeded: the next failure begins with the first pause again.</summary>
    public void Reset() => _pause = null;
}

namespace VmTools.DBus.Serving;

/// <summary>What callers hold of a served object, counted against its limits. The owner's lock guards it.</summary>
internal sealed class CallShares(ServeLimits limits)
{
    private readonly Dictionary<string, int> _callsOf = new(StringComparer.Ordinal);
    private int _calls;
    private long _bytes;

    /// <summary>False when the call is beyond a limit; nothing is taken then.</summary>
    internal bool TryTake(string caller, long bytes)
    {
        var ofCaller = _callsOf.GetValueOrDefault(caller);
        if (_calls >= limits.Calls || ofCaller >= limits.CallsPerCaller || _bytes + bytes > limits.TotalBytes)
        {
            return false;
        }

        _callsOf[caller] = ofCaller + 1;
        _calls++;
        _bytes += bytes;
        return true;
    }

    internal void GiveBack(string caller, long bytes)
    {
        _calls--;
        _bytes -= bytes;
        if (--_callsOf[caller] == 0)
        {
            _callsOf.Remove(caller);
        }
    }
}

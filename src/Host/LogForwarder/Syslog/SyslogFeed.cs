using System.Buffers.Binary;

namespace VmTools.Host.LogForwarder.Syslog;

/// <summary>
/// What one VM's records are on their way to the host's syslog: datagrams, each behind its length, in two pieces of memory of a fixed
/// size, one being filled and one being emptied. A VM has a feed of its own, so that its flood costs its own copies alone; where
/// the feed is full, copies are dropped and counted, as the files have the records. Filled and emptied by one caller each.
/// </summary>
internal sealed class SyslogFeed(uint cid, Action filled)
{
    /// <summary>The size of each of the two pieces in bytes.</summary>
    public const int Capacity = 256 * 1024;

    private readonly Lock _lock = new();
    private byte[] _filling = [];
    private int _filled;
    private byte[] _emptying = [];
    private int _next;
    private int _end;
    private long _dropped;
    private volatile bool _isClosed;

    public uint Cid => cid;

    /// <summary>Whether nothing will come any more and nothing is left.</summary>
    public bool IsOver
    {
        get
        {
            lock (_lock)
            {
                return _isClosed && _next == _end && _filled == 0 && _dropped == 0;
            }
        }
    }

    /// <summary>The VM has stopped: what is still here is sent, and then the feed is forgotten.</summary>
    public void Close()
    {
        _isClosed = true;
        filled();
    }

    /// <summary>Adds datagrams of <see cref="SyslogDatagram"/>'s form; how many found no room.</summary>
    public int Add(ReadOnlySpan<byte> datagrams)
    {
        var dropped = 0;
        lock (_lock)
        {
            // A VM that logs takes the memory, one that does not costs none.
            if (_filling.Length == 0)
            {
                _filling = new byte[Capacity];
            }

            while (!datagrams.IsEmpty)
            {
                var whole = SyslogDatagram.HeaderBytes + BinaryPrimitives.ReadInt32LittleEndian(datagrams);
                if (_dropped == 0 && whole <= Capacity - _filled)
                {
                    datagrams[..whole].CopyTo(_filling.AsSpan(_filled));
                    _filled += whole;
                }
                else
                {
                    dropped++;
                }

                datagrams = datagrams[whole..];
            }

            _dropped += dropped;
        }

        filled();
        return dropped;
    }

    /// <summary>The oldest datagram, which stays until <see cref="Remove"/>; false where there is none.</summary>
    public bool TryPeek(out ReadOnlySpan<byte> datagram)
    {
        if (_next == _end)
        {
            Swap();
        }

        var isThere = _next < _end;
        datagram = isThere ? _emptying.AsSpan(_next + SyslogDatagram.HeaderBytes, LengthOfNext) : default;
        return isThere;
    }

    public void Remove() => _next += SyslogDatagram.HeaderBytes + LengthOfNext;

    /// <summary>How many were dropped since it was last asked, once everything that was kept before them has been removed.</summary>
    public long TakeDropped()
    {
        lock (_lock)
        {
            if (_next < _end || _filled > 0)
            {
                return 0;
            }

            var dropped = _dropped;
            _dropped = 0;
            return dropped;
        }
    }

    private int LengthOfNext => BinaryPrimitives.ReadInt32LittleEndian(_emptying.AsSpan(_next));

    private void Swap()
    {
        lock (_lock)
        {
            (_filling, _emptying) = (_emptying, _filling);
            (_next, _end, _filled) = (0, _filled, 0);
        }
    }
}

namespace VmTools.Guest.Syslog.Spooling;

/// <summary>
/// The records of one kind that the host has not got yet: in memory, and behind them, once that is full, in a file. When both
/// are full the oldest go and are counted, so that what is left is a whole ending and one gap of known size before it. What a disk
/// does not take or give back is a gap between the records it does, and counted where it is.
/// </summary>
internal sealed class SpoolQueue(IRingStorage memory, IRingStorage file) : IDisposable
{
    /// <summary>The bytes that are dropped at once, so that not every record of a flood moves others from the file.</summary>
    public const int DropBytes = 32 * 1024;

    /// <summary>The longest record.</summary>
    public const int MaxRecord = 16 * 1024;

    private readonly RecordRing _front = new(memory);
    private readonly RecordRing _back = new(file);
    private readonly byte[] _moved = new byte[MaxRecord];
    private readonly GapList _gaps = new();
    private long _taken;
    private long _dropped;

    public long Count => _front.Count + (long)_back.Count;

    public long Bytes => _front.Bytes + _back.Bytes;

    /// <summary>Whether there is neither a record nor a gap to tell of.</summary>
    public bool IsEmpty => Count == 0 && !HasGaps;

    private bool HasGaps => _dropped > 0 || !_gaps.IsEmpty;

    /// <summary>The place behind the newest record here: how many were here, up to it.</summary>
    private long Last => _taken + Count;

    public void Append(ReadOnlySpan<byte> record, ulong tag)
    {
        var outcome = Store(record, tag);
        for (; outcome == AppendOutcome.Full && Count > 0; outcome = Store(record, tag))
        {
            DropOldest();
        }

        if (outcome != AppendOutcome.Stored)
        {
            _gaps.Add(Last, 1);
        }
    }

    /// <summary>The length and tag of the oldest record; false where there is none.</summary>
    public bool TryPeek(out int length, out ulong tag) => _front.TryPeek(out length, out tag);

    /// <summary>Copies the oldest record, whose length has just been told, and removes it.</summary>
    public void Take(Span<byte> record)
    {
        _front.TryCopy(record);
        _front.Remove(record.Length);
        _taken++;
        if (_front.Count == 0)
        {
            Refill();
        }
    }

    /// <summary>
    /// How many records are gone that were older than the oldest one here; the caller tells the host of them from now on.
    /// </summary>
    public long TakeLost()
    {
        // Asked before each record, and there is hardly ever a gap.
        if (!HasGaps)
        {
            return 0;
        }

        var lost = _dropped + _gaps.TakeUpTo(_taken);
        _dropped = 0;
        return lost;
    }

    public void Dispose()
    {
        _front.Dispose();
        _back.Dispose();
    }

    /// <summary>Into the file only behind what is there or where memory is full: the oldest is always in memory.</summary>
    private AppendOutcome Store(ReadOnlySpan<byte> record, ulong tag) =>
        _back.Count == 0 && _front.Append(record, tag) == AppendOutcome.Stored ? AppendOutcome.Stored : _back.Append(record, tag);

    private void DropOldest()
    {
        for (var dropped = 0; dropped < DropBytes && _front.TryPeek(out var length, out _); dropped += length)
        {
            _front.Remove(length);
            _taken++;
            _dropped++;
        }

        Refill();
    }

    /// <summary>Moves the oldest records of the file into memory; where the file cannot be read any more, they are lost.</summary>
    private void Refill()
    {
        while (_back.Count > 0)
        {
            if (!_back.TryPeek(out var length, out var tag) || !_back.TryCopy(_moved.AsSpan(0, length)))
            {
                var lost = _back.Count;
                _back.Clear();
                _gaps.Add(Last, lost);
                return;
            }

            if (_front.Append(_moved.AsSpan(0, length), tag) != AppendOutcome.Stored)
            {
                return;
            }

            _back.Remove(length);
        }
    }
}

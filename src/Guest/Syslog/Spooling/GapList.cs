namespace VmTools.Guest.Syslog.Spooling;

/// <summary>
/// Where between records some are lost, and how many. A place is the number of records before it. A disk that fails now and then
/// makes a gap each time; only so many are told apart, and what is lost after the last of them counts for that one.
/// </summary>
internal sealed class GapList
{
    private const int Most = 256;

    private readonly List<Gap> _gaps = [];

    public bool IsEmpty => _gaps.Count == 0;

    /// <summary>Records are lost at a place, and whatever was behind it is gone too.</summary>
    public void Add(long place, long lost)
    {
        while (_gaps.Count > 0 && (_gaps[^1].Place >= place || _gaps.Count == Most))
        {
            (place, lost) = (Math.Min(place, _gaps[^1].Place), lost + _gaps[^1].Lost);
            _gaps.RemoveAt(_gaps.Count - 1);
        }

        _gaps.Add(new Gap(place, lost));
    }

    /// <summary>How many are lost at or before a place; they are forgotten here.</summary>
    public long TakeUpTo(long place)
    {
        var (lost, count) = (0L, 0);
        for (; count < _gaps.Count && _gaps[count].Place <= place; count++)
        {
            lost += _gaps[count].Lost;
        }

        _gaps.RemoveRange(0, count);
        return lost;
    }

    private readonly record struct Gap(long Place, long Lost);
}

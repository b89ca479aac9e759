namespace VmTools.Guest.CrashCollector.Rate;

/// <summary>The crashes of one executable within the window, oldest first, in milliseconds of a clock that is never set.</summary>
internal sealed class RateEntry(string key)
{
    public string Key => key;

    public List<long> Times { get; } = [];

    public int Suppressed { get; set; }

    public void Forget(long until) => Times.RemoveAll(time => time <= until);
}

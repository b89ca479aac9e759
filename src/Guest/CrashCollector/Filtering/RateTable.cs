using System.Globalization;
using System.Text;

namespace VmTools.Guest.CrashCollector.Filtering;

/// <summary>
/// How often programs may crash and be reported: three times a minute each, and ten times all together. A program that is
/// started again whenever it dies would otherwise keep the machine busy with its cores and nothing else.
/// </summary>
internal sealed class RateTable
{
    public const int PerExecutable = 3;
    public const int Together = 10;

    /// <summary>The most executables that are remembered; beyond, the one that crashed longest ago is forgotten.</summary>
    public const int MaxEntries = 64;

    public static readonly TimeSpan Window = TimeSpan.FromSeconds(60);

    private const string All = "*";

    /// <summary>The end of a path tells programs apart.</summary>
    private const int KeyBytes = 96;

    private readonly List<RateEntry> _entries = [];

    /// <summary>Counts one crash at this time and says whether it is reported.</summary>
    public RateVerdict Count(string executable, long now)
    {
        var one = Entry(KeyOf(executable), now);
        var all = Entry(All, now);
        if (one.Times.Count >= PerExecutable || all.Times.Count >= Together)
        {
            one.Suppressed++;
            return new RateVerdict(false, one.Suppressed);
        }

        one.Times.Add(now);
        all.Times.Add(now);
        var suppressed = one.Suppressed;
        one.Suppressed = 0;
        return new RateVerdict(true, suppressed);
    }

    /// <summary>A line for each entry: key, suppressed crashes, times.</summary>
    public string Format()
    {
        var text = new StringBuilder();
        foreach (var entry in _entries)
        {
            text.Append(CultureInfo.InvariantCulture, $"{entry.Key} {entry.Suppressed} {string.Join(',', entry.Times)}\n");
        }

        return text.ToString();
    }

    /// <summary>Lines that are not of that form are passed over: a damaged table forgives, it does not stop reports.</summary>
    public static RateTable Parse(string text)
    {
        var table = new RateTable();
        foreach (var line in text.Split('\n').Take(MaxEntries))
        {
            if (TryEntry(line, out var entry))
            {
                table._entries.Add(entry);
            }
        }

        return table;
    }

    private static bool TryEntry(string line, out RateEntry entry)
    {
        var fields = line.Split(' ');
        entry = new RateEntry(fields[0]);
        if (fields.Length != 3 || !int.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out var suppressed))
        {
            return false;
        }

        entry.Suppressed = suppressed;
        foreach (var time in fields[2].Split(',', StringSplitOptions.RemoveEmptyEntries).Take(Together))
        {
            if (!long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds))
            {
                return false;
            }

            entry.Times.Add(milliseconds);
        }

        return true;
    }

    /// <summary>
    /// The key of a path: digits only, whatever the path is made of. It is no hash, as the runtime's hashes need libraries that the guest
    /// does not have.
    /// </summary>
    private static string KeyOf(string executable)
    {
        var path = Encoding.UTF8.GetBytes(executable);
        return Convert.ToHexString(path.AsSpan(Math.Max(0, path.Length - KeyBytes)));
    }

    /// <summary>Moved to the end, so that the first is always the one that may be forgotten.</summary>
    private RateEntry Entry(string key, long now)
    {
        var entry = _entries.Find(entry => entry.Key == key) ?? new RateEntry(key);
        _entries.Remove(entry);
        _entries.Add(entry);
        entry.Forget(now - (long)Window.TotalMilliseconds);
        if (_entries.Count > MaxEntries)
        {
            _entries.RemoveAt(0);
        }

        return entry;
    }
}

/// <summary>The crashes of one executable within the window, oldest first, in milliseconds of a clock that is never set.</summary>
internal sealed class RateEntry(string key)
{
    public string Key => key;

    public List<long> Times { get; } = [];

    public int Suppressed { get; set; }

    public void Forget(long until) => Times.RemoveAll(time => time <= until);
}

/// <summary>Whether a crash is reported, and how many of the same executable were not since the last one that was.</summary>
internal readonly record struct RateVerdict(bool IsAllowed, int Suppressed);

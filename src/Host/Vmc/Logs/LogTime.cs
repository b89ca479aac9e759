using System.Globalization;

namespace VmTools.Host.Vmc.Logs;

/// <summary>A moment as people give it: so long ago (<c>10m</c>), a word, or a date and time of their zone.</summary>
internal static class LogTime
{
    public const string Forms = "give how long ago (30s, 10m, 2h, 3d), today, yesterday, or a time as \"2026-11-24 10:00\" or 10:00";

    /// <summary>Longer ago than any log; a span of time could not hold much more.</summary>
    private const long MostSeconds = 100L * 365 * 86400;

    private static readonly string[] Dated = ["yyyy-MM-dd", "yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd HH:mm:ss.FFFFFF",
        "yyyy-MM-ddTHH:mm:ss"];
    private static readonly string[] OfToday = ["H:mm", "HH:mm:ss"];
    private static readonly string[] Absolute = ["yyyy-MM-ddTHH:mm:ssK", "yyyy-MM-ddTHH:mm:ss.FFFFFFFK"];

    public static bool TryParse(string text, TimeProvider clock, out DateTimeOffset time)
    {
        var zone = clock.LocalTimeZone;
        var now = TimeZoneInfo.ConvertTime(clock.GetUtcNow(), zone);
        time = default;
        if (text is "today" or "yesterday" or "now")
        {
            time = text == "now" ? now : At(text == "today" ? now.Date : now.Date.AddDays(-1), zone);
            return true;
        }

        if (TryAge(text, out var age))
        {
            time = age < now - DateTimeOffset.UnixEpoch ? now - age : DateTimeOffset.UnixEpoch;
            return true;
        }

        if (DateTime.TryParseExact(text, Dated, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local))
        {
            time = At(local, zone);
            return true;
        }

        if (DateTime.TryParseExact(text, OfToday, CultureInfo.InvariantCulture, DateTimeStyles.NoCurrentDateDefault, out local))
        {
            time = At(now.Date + local.TimeOfDay, zone);
            return true;
        }

        return DateTimeOffset.TryParseExact(text, Absolute, CultureInfo.InvariantCulture, DateTimeStyles.None, out time);
    }

    private static DateTimeOffset At(DateTime local, TimeZoneInfo zone) => new(local, zone.GetUtcOffset(local));

    private static bool TryAge(string text, out TimeSpan age)
    {
        age = default;
        var unit = text is [.., var last]
            ? last switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86400, _ => 0 }
            : 0;
        if (unit == 0 || !uint.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        age = TimeSpan.FromSeconds(Math.Min((long)number * unit, MostSeconds));
        return true;
    }
}

using System.Globalization;

namespace VmTools.Host.Vmc.Crashes;

/// <summary>How what is known of a crash is written for people.</summary>
internal static class CrashText
{
    /// <summary>In the reader's own zone.</summary>
    public static string Time(DateTimeOffset? time, TimeProvider clock) =>
        time is { } known ? TimeZoneInfo.ConvertTime(known, clock.LocalTimeZone).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) : "-";
}

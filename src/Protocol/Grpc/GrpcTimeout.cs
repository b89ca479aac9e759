using System.Globalization;

namespace VmTools.Protocol.Grpc;

/// <summary>The grpc-timeout header: up to eight digits and a unit, H M S m u n (gRPC over HTTP/2).</summary>
internal static class GrpcTimeout
{
    private const int MaxDigits = 8;

    /// <summary>Longer than any call; the timers of the runtime end at 49 days.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(40);

    /// <summary>No header is no deadline, which is well-formed and null.</summary>
    public static bool TryParse(string? header, out TimeSpan? timeout)
    {
        timeout = null;
        if (string.IsNullOrEmpty(header))
        {
            return true;
        }

        if (header.Length > MaxDigits + 1
            || !long.TryParse(header.AsSpan(0, header.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            || TicksOf(header[^1], count) is not { } ticks)
        {
            return false;
        }

        timeout = ticks > Longest.Ticks ? Longest : TimeSpan.FromTicks(ticks);
        return true;
    }

    private static long? TicksOf(char unit, long count) => unit switch
    {
        'H' => count * TimeSpan.TicksPerHour,
        'M' => count * TimeSpan.TicksPerMinute,
        'S' => count * TimeSpan.TicksPerSecond,
        'm' => count * TimeSpan.TicksPerMillisecond,
        'u' => count * TimeSpan.TicksPerMicrosecond,
        // Rounded up: a deadline of some nanoseconds is not no time at all.
        'n' => (count + TimeSpan.NanosecondsPerTick - 1) / TimeSpan.NanosecondsPerTick,
        _ => null,
    };
}

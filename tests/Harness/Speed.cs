using System.Diagnostics;

namespace VmTools.Harness;

/// <summary>How slow this host is now, so that limits mean the same on a busy machine as on a quiet one.</summary>
public static class Speed
{
    /// <summary>What the measured loop takes on the quiet machine on which the limits were chosen.</summary>
    private static readonly TimeSpan Nominal = TimeSpan.FromMilliseconds(60);

    /// <summary>At least 1.</summary>
    public static double Factor { get; } = Math.Clamp(Measure() / Nominal, 1, 10);

    /// <summary>A limit chosen on a quiet machine, for this one.</summary>
    public static TimeSpan Scale(double seconds) => TimeSpan.FromSeconds(seconds * Factor);

    private static TimeSpan Measure()
    {
        var watch = Stopwatch.StartNew();
        var state = 88172645463325252UL;
        for (var i = 0; i < 50_000_000; i++)
        {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
        }

        return state == 0 ? TimeSpan.Zero : watch.Elapsed;
    }
}

using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace VmTools.Guest.CrashCollector;

/// <summary>What the kernel says of a crash on the command line: PID:INNER:SIGNAL:UID:GID:MODE:TID:EXECUTABLE.</summary>
internal sealed record CrashNotice
{
    private const int Numbers = 7;

    /// <summary>The process as the VM's own name space numbers it.</summary>
    public required int Pid { get; init; }

    /// <summary>The same process in its own name space; the same number outside of containers.</summary>
    public required int InnerPid { get; init; }

    public required int Signal { get; init; }

    public required uint Uid { get; init; }

    public required uint Gid { get; init; }

    /// <summary>PR_GET_DUMPABLE: 1 for an ordinary process, 2 for one that has changed its user.</summary>
    public required int DumpMode { get; init; }

    /// <summary>The thread that got the signal. The first thread of a process may be gone when another one dies.</summary>
    public required int Tid { get; init; }

    /// <summary>The path of the executable; the user who started it chose it, so it is any text at all, or none.</summary>
    public required string Executable { get; init; }

    /// <summary>Decimal digits and nothing else in each number; whatever follows the seventh colon is the executable.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out CrashNotice? notice)
    {
        notice = null;
        Span<uint> numbers = stackalloc uint[Numbers];
        var rest = text.AsSpan();
        for (var i = 0; i < Numbers; i++)
        {
            var colon = rest.IndexOf(':');
            if (colon < 0 || !uint.TryParse(rest[..colon], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i]))
            {
                return false;
            }

            rest = rest[(colon + 1)..];
        }

        if (!IsId(numbers[0]) || !IsId(numbers[1]) || !IsId(numbers[6]) || numbers[2] > 127 || numbers[5] > 2)
        {
            return false;
        }

        notice = new CrashNotice
        {
            Pid = (int)numbers[0],
            InnerPid = (int)numbers[1],
            Signal = (int)numbers[2],
            Uid = numbers[3],
            Gid = numbers[4],
            DumpMode = (int)numbers[5],
            Tid = (int)numbers[6],
            Executable = rest.ToString().Replace('!', '/'),
        };
        return true;
    }

    private static bool IsId(uint number) => number is > 0 and <= int.MaxValue;
}

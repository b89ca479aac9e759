using System.Buffers;
using System.Text;

namespace VmTools.Host.LogStore;

/// <summary>
/// How a Linux kernel begins to tell on its console that it met a fault it goes on from (an oops) or dies of (a panic). The words stand at
/// the start of the line, behind the time and the like; the same words elsewhere are a program that talks about them.
/// </summary>
internal static class KernelFaultLine
{
    private const byte Opening = (byte)'[';

    private static readonly SearchValues<byte> Stamp = SearchValues.Create(" .0123456789TC"u8);

    private static readonly byte[] Panic = "Kernel panic - not syncing"u8.ToArray();

    /// <summary>The kernel's own (lib/bug.c, panic.c, watchdog.c) and those of x86 and arm64 (traps.c, fault.c).</summary>
    private static readonly byte[][] Beginnings =
    [
        Panic,
        .. new[]
        {
            "BUG:", "kernel BUG at ", "Oops:", "Oops -", "Internal error:", "general protection fault", "Unable to handle kernel",
            "invalid opcode:", "divide error:", "stack segment:", "double fault:", "PANIC:", "traps: PANIC:", "traps: double fault",
            "watchdog: BUG:", "NMI watchdog: BUG:", "NMI watchdog: Watchdog detected hard LOCKUP",
            "watchdog: Watchdog detected hard LOCKUP", "Bad mode in ",
        }.Select(Encoding.ASCII.GetBytes),
    ];

    /// <summary>Whether the kernel begins to tell of a fault in this line.</summary>
    public static bool Begins(ReadOnlySpan<byte> line)
    {
        var text = Message(line);
        foreach (var beginning in Beginnings)
        {
            if (text.StartsWith(beginning))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether this line says that the kernel dies.</summary>
    public static bool IsPanic(ReadOnlySpan<byte> line) => Message(line).StartsWith(Panic);

    /// <summary>Whether nothing follows that belongs to the fault told before.</summary>
    public static bool Ends(ReadOnlySpan<byte> line) => Message(line).StartsWith("---[ end "u8);

    /// <summary>The line without a priority, a time and the caller: <c>&lt;0&gt;[    3.141592][   T71] </c>.</summary>
    public static ReadOnlySpan<byte> Message(ReadOnlySpan<byte> line)
    {
        if (line.Length > 2 && line[0] == '<' && line[1..].IndexOf((byte)'>') is > 0 and <= 3 and var digits)
        {
            line = line[(digits + 2)..];
        }

        while (line.Length > 0 && line[0] == Opening && line.IndexOf((byte)']') is > 0 and < 20 and var end && IsStamp(line[1..end]))
        {
            line = line[(end + 1)..].TrimStart((byte)' ');
        }

        return line;
    }

    /// <summary>The panic's own words: <c>Attempted to kill init! exitcode=0x00000009</c>.</summary>
    public static ReadOnlySpan<byte> PanicReason(ReadOnlySpan<byte> line) =>
        IsPanic(line) ? Message(line)[Panic.Length..].TrimStart(": "u8) : [];

    /// <summary>Digits of a time, or the letter and number of a task or processor.</summary>
    private static bool IsStamp(ReadOnlySpan<byte> text) => !text.IsEmpty && !text.ContainsAnyExcept(Stamp);
}

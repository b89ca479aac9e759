using System.Text;
using VmTools.Linux;

namespace VmTools.Guest.Tremplin.Lxc;

/// <summary>How a container's init ended, and what it said last, out of LXC's log and the console's: for a person to read.</summary>
internal static class LastWords
{
    public const int MaxLines = 20;
    public const int MaxLineLength = 200;

    /// <summary>So much of a log's end is read.</summary>
    private const int TailBytes = 16 * 1024;

    private const string ByCode = "ended on error (";
    private const string ErrorMark = " ERROR ";
    private const string BySignal = "ended on signal (";

    /// <summary>A sentence, and the console's last lines below it.</summary>
    public static string Of(string lxcLog, string consoleLog)
    {
        var lines = Lines(consoleLog);
        var sentence = $"its init ended ({Exit(lxcLog)})";
        return lines.Count == 0
            ? $"{sentence} and wrote nothing to the console"
            : $"{sentence}; the last lines of its console:\n{string.Join('\n', lines)}";
    }

    /// <summary>
    /// The cause of a start that LXC gave up: the first error of its log, as those below it follow from it; null where it has none. The
    /// lines of two modules are passed over: they tell of connections that end with any start that fails.
    /// </summary>
    public static string? Cause(string lxcLog)
    {
        foreach (var line in lxcLog.Split('\n'))
        {
            var at = line.IndexOf(ErrorMark, StringComparison.Ordinal);
            var parts = at < 0 ? [] : line[(at + ErrorMark.Length)..].Trim().Split(" - ");
            if (parts.Length >= 3 && parts[0] is not ("af_unix" or "commands"))
            {
                // Module, place in LXC's source, the kernel's reason where there is one, and the sentence.
                return Plain(parts.Length == 3 ? parts[2] : $"{string.Join(" - ", parts[3..])} ({parts[2]})");
            }
        }

        return null;
    }

    /// <summary>The last lines without what only a terminal understands.</summary>
    public static IReadOnlyList<string> Lines(string console)
    {
        var lines = console.Split('\n').Select(Plain).Where(line => line.Length > 0).ToList();
        return lines.Count <= MaxLines ? lines : lines[^MaxLines..];
    }

    /// <summary>The end of a file that may be long; empty where there is none.</summary>
    public static string Tail(string path)
    {
        try
        {
            using var file = FdHandle.Open(path, OpenFlags.ReadOnly | OpenFlags.NoFollow);
            var bytes = new byte[TailBytes];
            _ = Fd.TryReadAt(file, bytes, Math.Max(0, Fd.SizeOf(file) - TailBytes), out var count);
            return Encoding.UTF8.GetString(bytes, 0, count);
        }
        catch (LinuxException)
        {
            return "";
        }
    }

    /// <summary>The monitor notes the exit of init, unless that is 0.</summary>
    private static string Exit(string lxcLog)
    {
        foreach (var line in lxcLog.Split('\n').Reverse())
        {
            if (Number(line, ByCode) is { } code)
            {
                return $"exit code {code}";
            }

            if (Number(line, BySignal) is { } signal)
            {
                return $"signal {signal}";
            }
        }

        return "exit code 0";
    }

    private static string? Number(string line, string before)
    {
        var start = line.IndexOf(before, StringComparison.Ordinal);
        var digits = start < 0 ? "" : line[(start + before.Length)..].TrimEnd(')', '\r');
        return digits.Length is > 0 and <= 3 && digits.All(char.IsAsciiDigit) ? digits : null;
    }

    /// <summary>Without control characters and the sequences of ECMA-48 that begin with ESC [.</summary>
    private static string Plain(string line)
    {
        var plain = new StringBuilder(line.Length);
        for (var at = 0; at < line.Length && plain.Length < MaxLineLength; at++)
        {
            if (line[at] == '\x1b' && at + 1 < line.Length && line[at + 1] == '[')
            {
                at += 2;
                while (at < line.Length && line[at] is < '@' or > '~')
                {
                    at++;
                }
            }
            else if (!char.IsControl(line[at]))
            {
                plain.Append(line[at]);
            }
        }

        return plain.ToString().TrimEnd();
    }
}

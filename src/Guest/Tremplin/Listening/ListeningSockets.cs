using System.Globalization;
using System.Text;
using VmTools.Linux;
using VmTools.Linux.Files;

namespace VmTools.Guest.Tremplin.Listening;

/// <summary>
/// The TCP ports that something listens on in a network name space, as /proc/PID/net/tcp and tcp6 tell (proc_net_tcp in the kernel's
/// documentation): one line a socket, addresses and ports in hexadecimal.
/// </summary>
internal static class ListeningSockets
{
    /// <summary>More than this many are not told.</summary>
    public const int Most = 1024;

    /// <summary>TCP_LISTEN of the kernel's tcp_states.h.</summary>
    private const string Listening = "0A";

    private const int MaxBytes = 1024 * 1024;

    /// <summary>Those of the name space of a process, in order; none where it has gone.</summary>
    public static IReadOnlyList<ushort> Of(int pid) => Ports($"{Read($"/proc/{pid}/net/tcp")}\n{Read($"/proc/{pid}/net/tcp6")}");

    /// <summary>The ports that a connection to 127.0.0.1 reaches, of the lines of both files.</summary>
    public static IReadOnlyList<ushort> Ports(string lines)
    {
        var ports = new SortedSet<ushort>();
        foreach (var line in lines.Split('\n'))
        {
            var words = line.Split(' ', 5, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 5
                && words[3] == Listening
                && words[1].Split(':') is [var address, var port]
                && IsReachedByLoopback(address)
                && ushort.TryParse(port, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number)
                && number > 0
                && ports.Count < Most)
            {
                ports.Add(number);
            }
        }

        return [.. ports];
    }

    /// <summary>
    /// 0.0.0.0 and 127.0.0.0/8 in the byte order of the machine, [::], which takes IPv4 too, and 127.0.0.0/8 as an IPv6 address.
    /// </summary>
    private static bool IsReachedByLoopback(string address) => address.Length switch
    {
        8 => address == "00000000" || address.EndsWith("7F", StringComparison.Ordinal),
        32 => address.All(digit => digit == '0')
            || (address.StartsWith("0000000000000000FFFF0000", StringComparison.Ordinal)
                && address.EndsWith("7F", StringComparison.Ordinal)),
        _ => false,
    };

    private static string Read(string path)
    {
        try
        {
            return Encoding.ASCII.GetString(SmallFile.ReadThroughLinks(path, MaxBytes));
        }
        catch (LinuxException)
        {
            return "";
        }
    }
}

using System.Text;
using VmTools.Linux;
using VmTools.Linux.Files;

namespace VmTools.Host.Cicerone.Zone;

/// <summary>A time zone by its name and, for systems without its file, as TZ has it (tzset(3)), which may be empty.</summary>
internal readonly record struct HostZone(string Name, string Posix)
{
    private const string Zones = "/usr/share/zoneinfo";
    private const int MaxFileBytes = 64 * 1024;
    private const int MaxPosixLength = 128;

    /// <summary>The zone that a localtime(5) link names; null where it is none or names no zone.</summary>
    public static HostZone? Read(string link = "/etc/localtime", string zones = Zones)
    {
        try
        {
            var target = new FileInfo(link).LinkTarget;
            var at = target?.IndexOf("/zoneinfo/", StringComparison.Ordinal) ?? -1;
            return at < 0 ? null : Named(target![(at + "/zoneinfo/".Length)..], zones);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>A zone of this name, whether or not this host has a file of it.</summary>
    public static HostZone Named(string name, string zones = Zones)
    {
        try
        {
            var isPath = !name.Split('/').Any(part => part is "" or "." or "..");
            return new HostZone(name, isPath ? PosixOf(SmallFile.ReadThroughLinks($"{zones}/{name}", MaxFileBytes)) : "");
        }
        catch (LinuxException)
        {
            return new HostZone(name, "");
        }
    }

    /// <summary>
    /// The footer of a TZif file: its last line, in which the rules of the times to come stand (RFC 8536, section 3.3). Empty where the
    /// file is an old one or none.
    /// </summary>
    public static string PosixOf(ReadOnlySpan<byte> file)
    {
        if (!file.StartsWith("TZif"u8) || file[^1] != '\n')
        {
            return "";
        }

        var line = file[..^1];
        line = line[(line.LastIndexOf((byte)'\n') + 1)..];
        return line.Length <= MaxPosixLength && line.IndexOfAnyExceptInRange((byte)'!', (byte)'~') < 0
            ? Encoding.ASCII.GetString(line)
            : "";
    }
}

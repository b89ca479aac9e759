using System.Text;

namespace VmTools.Guest.Tremplin.Log;

/// <summary>A message of a container as a message of the VM's log: the container's name stands before the program's.</summary>
internal static class LogLine
{
    /// <summary>Longer datagrams are cut.</summary>
    public const int MaxDatagram = 8192;

    private const int StampLength = 16;

    /// <summary>
    /// The datagram for /dev/log. A time of RFC 3164 at the front is left out, as it is in the container's zone; who reads it takes the
    /// time of its arrival. Empty where nothing is left.
    /// </summary>
    public static byte[] For(ContainerName container, ReadOnlySpan<byte> datagram)
    {
        var rest = datagram[..Math.Min(datagram.Length, MaxDatagram)];
        var priority = "<13>"u8;
        var end = rest.IndexOf((byte)'>');
        if (rest.StartsWith("<"u8) && end is > 1 and <= 4 && rest[1..end].IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0)
        {
            priority = rest[..(end + 1)];
            rest = rest[(end + 1)..];
        }

        rest = HasStamp(rest) ? rest[StampLength..] : rest;
        return rest.IsEmpty ? [] : [.. priority, .. Encoding.ASCII.GetBytes($"{container}/"), .. rest];
    }

    /// <summary>"Nov 29 23:00:00 ", a space before a day of one digit.</summary>
    private static bool HasStamp(ReadOnlySpan<byte> text) =>
        text.Length >= StampLength
        && char.IsAsciiLetterUpper((char)text[0])
        && text[3] == ' ' && text[6] == ' ' && text[9] == ':' && text[12] == ':' && text[15] == ' ';
}

using System.Text;
using VmTools.Linux.Libc;

namespace VmTools.Linux.Sockets;

/// <summary>struct sockaddr_un (unix(7)): the family, then the path with its closing zero.</summary>
internal unsafe struct UnixAddress
{
    private const int PathOffset = 2;
    private const int PathSize = 108;

    public fixed byte Bytes[PathOffset + PathSize];

    public uint Length;

    public static UnixAddress Of(string path)
    {
        var address = default(UnixAddress);
        var bytes = Encoding.UTF8.GetByteCount(path);
        if (bytes > UnixSocket.MaxPathBytes)
        {
            throw new LinuxException(
                Errno.ENAMETOOLONG, $"A unix socket's path has at most {UnixSocket.MaxPathBytes} bytes, this one {bytes}:", path);
        }

        // SAFETY: the length was checked against the array, whose last byte stays zero.
        address.Bytes[0] = Native.FamilyUnix;
        Encoding.UTF8.GetBytes(path, new Span<byte>(address.Bytes + PathOffset, PathSize));
        address.Length = (uint)(PathOffset + bytes + 1);
        return address;
    }
}

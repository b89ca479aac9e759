using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using VmTools.Linux.Libc;

namespace VmTools.Linux.Sockets;

/// <summary>A network card's IPv4 address and the default route (netdevice(7)): all a machine with one card needs.</summary>
public static class NetworkInterface
{
    private const int NameSize = 16;
    private const int RequestSize = 40;
    private const int RouteSize = 120;
    private const short FamilyInet = 2;
    private const nuint AddRoute = 0x890B;
    private const nuint AddBridgeRequest = 0x89A0;
    private const nuint GetFlags = 0x8913;
    private const nuint SetFlags = 0x8914;
    private const nuint SetAddressRequest = 0x8916;
    private const nuint SetNetmaskRequest = 0x891C;
    private const short FlagUp = 0x1;
    private const short FlagRunning = 0x40;
    private const ushort RouteUp = 0x1;
    private const ushort RouteGateway = 0x2;

    /// <summary>Makes an Ethernet bridge; one of this name that is there already is fine.</summary>
    public static unsafe void AddBridge(string name)
    {
        using var socket = Socket();

        // SAFETY: the kernel reads IFNAMSIZ bytes of a name.
        var bytes = stackalloc byte[RequestSize];
        Fill(new Span<byte>(bytes, RequestSize), name);
        var outcome = Syscall.Outcome(Native.DeviceControl(socket, AddBridgeRequest, bytes));
        Syscall.Check(outcome == Errno.EEXIST ? Errno.None : outcome, "SIOCBRADDBR", name);
    }

    public static void SetAddress(string name, IPAddress address, IPAddress netmask)
    {
        Request(name, SetAddressRequest, address, "SIOCSIFADDR");
        Request(name, SetNetmaskRequest, netmask, "SIOCSIFNETMASK");
    }

    public static unsafe void Up(string name)
    {
        using var socket = Socket();
        var request = stackalloc byte[RequestSize];
        Fill(new Span<byte>(request, RequestSize), name);

        // SAFETY: struct ifreq has 40 bytes on 64-bit Linux; the flags are the short behind the name.
        Syscall.Check(Native.DeviceControl(socket, GetFlags, request), "SIOCGIFFLAGS", name);
        *(short*)(request + NameSize) |= FlagUp | FlagRunning;
        Syscall.Check(Native.DeviceControl(socket, SetFlags, request), "SIOCSIFFLAGS", name);
    }

    /// <summary>EEXIST where that very route is there already.</summary>
    public static unsafe void AddDefaultRoute(IPAddress gateway)
    {
        using var socket = Socket();
        var route = stackalloc byte[RouteSize];
        var bytes = new Span<byte>(route, RouteSize);
        bytes.Clear();

        // SAFETY: struct rtentry has 120 bytes on 64-bit Linux: rt_pad1 8, rt_dst 16, rt_gateway 16, rt_genmask 16, rt_flags.
        WriteAddress(bytes[8..], IPAddress.Any);
        WriteAddress(bytes[24..], gateway);
        WriteAddress(bytes[40..], IPAddress.Any);
        MemoryMarshal.Write(bytes[56..], (ushort)(RouteUp | RouteGateway));
        Syscall.Check(Native.DeviceControl(socket, AddRoute, route), "SIOCADDRT", gateway.ToString());
    }

    private static unsafe void Request(string name, nuint request, IPAddress address, string what)
    {
        using var socket = Socket();

        // SAFETY: struct ifreq has 40 bytes on 64-bit Linux; the address stands behind the name.
        var argument = stackalloc byte[RequestSize];
        var bytes = new Span<byte>(argument, RequestSize);
        Fill(bytes, name);
        WriteAddress(bytes[NameSize..], address);
        Syscall.Check(Native.DeviceControl(socket, request, argument), what, name);
    }

    private static FdHandle Socket() =>
        new(Syscall.Check(Native.Socket(FamilyInet, Native.SocketDatagram | Native.SocketCloexec, 0), "socket"));

    private static void Fill(Span<byte> request, string name)
    {
        request.Clear();
        if (Encoding.ASCII.GetByteCount(name) >= NameSize)
        {
            throw new ArgumentException("The name of a network interface has at most 15 characters.", nameof(name));
        }

        Encoding.ASCII.GetBytes(name, request);
    }

    /// <summary>struct sockaddr_in: family, port, then the four bytes of the address as they are sent.</summary>
    private static void WriteAddress(Span<byte> at, IPAddress address)
    {
        MemoryMarshal.Write(at, FamilyInet);
        if (!address.TryWriteBytes(at[4..8], out var written) || written != 4)
        {
            throw new ArgumentException("The address is not an IPv4 address.", nameof(address));
        }
    }
}

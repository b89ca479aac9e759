using System.Runtime.InteropServices;

namespace VmTools.Linux.Libc;

/// <summary>struct sockaddr_vm (vsock(7)).</summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
internal struct VsockSocketAddress
{
    public ushort Family;
    public ushort Reserved;
    public uint Port;
    public uint Cid;

    public static VsockSocketAddress Of(uint cid, uint port) => new() { Family = Native.FamilyVsock, Port = port, Cid = cid };
}

using System.Text;
using VmTools.Linux.Sockets;

namespace VmTools.Virtio.Vsock.HostStreams;

/// <summary>
/// Where one guest's vsock addresses are in the file system: host programs dial <c>guest.CID</c> and listen on <c>host.PORT</c>
/// (docs/protocols/vsock.md, "The host side").
/// </summary>
/// <param name="Directory">The directory of both; only its owner may enter it.</param>
/// <param name="Cid">The guest's CID.</param>
public sealed record VsockNameSpace(string Directory, uint Cid)
{
    public string GuestPath { get; } = Path.Combine(Directory, $"guest.{Cid}");

    public string HostPath(uint port) => $"{Directory}/host.{port}";

    /// <summary>The first address that is too long for the name of a Unix socket (unix(7)); null when all fit.</summary>
    public string? FirstTooLong() => new[] { GuestPath, HostPath(uint.MaxValue) }
        .FirstOrDefault(path => Encoding.UTF8.GetByteCount(path) > UnixSocket.MaxPathBytes);
}

using VmTools.Linux;

namespace VmTools.Virtio.Vsock;

/// <summary>
/// Where one guest's vsock addresses are in the file system: host programs dial <c>guest.CID</c> and listen on <c>host.PORT</c>.
/// </summary>
internal sealed record VsockNameSpace(string Directory, uint Cid)
{
    public string GuestPath { get; } = Path.Combine(Directory, $"guest.{Cid}");

    public string HostPath(uint port) => $"{Directory}/host.{port}";

    /// <summary>Whether every address fits into a Unix socket's name, or which one does not.</summary>
    public string? FirstTooLong() =>
        new[] { GuestPath, HostPath(uint.MaxValue) }.FirstOrDefault(path => System.Text.Encoding.UTF8.GetByteCount(path) > UnixSocket.MaxPathBytes);
}

namespace VmTools.Virtio.Vsock;

/// <summary>Whose device it is and where its side of the host's vsock name space lies.</summary>
/// <param name="Directory">The directory of <c>guest.CID</c> and <c>host.PORT</c>; only its owner may enter it.</param>
/// <param name="Cid">The guest's CID.</param>
public sealed record VsockDevicePlace(string Directory, uint Cid)
{
    internal VsockLimits Limits { get; init; } = VsockLimits.Default;
}

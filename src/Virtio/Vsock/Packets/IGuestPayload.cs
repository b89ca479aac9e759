namespace VmTools.Virtio.Vsock.Packets;

/// <summary>The payload of the packet being received, still in guest memory.</summary>
internal interface IGuestPayload
{
    int Length { get; }

    /// <summary>Copies payload bytes out; false when the guest's memory cannot be read.</summary>
    bool TryCopy(int offset, Span<byte> to);
}

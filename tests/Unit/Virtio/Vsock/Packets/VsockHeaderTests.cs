using VmTools.Virtio.Vsock.Packets;
using Xunit;

namespace VmTools.Unit.Virtio.Vsock.Packets;

public sealed class VsockHeaderTests
{
    private static readonly VsockHeader Sample = new()
    {
        SourceCid = 0x0102030405060708,
        DestinationCid = 0x1112131415161718,
        SourcePort = 0x21222324,
        DestinationPort = 0x31323334,
        Length = 0x41424344,
        Type = (VsockSocketType)0x5152,
        Operation = (VsockOperation)0x6162,
        Flags = 0x71727374,
        BufferAllocated = 0x81828384,
        ForwardCount = 0x91929394,
    };

    [Theory]
    [InlineData(0, "0807060504030201")]
    [InlineData(8, "1817161514131211")]
    [InlineData(16, "24232221")]
    [InlineData(20, "34333231")]
    [InlineData(24, "44434241")]
    [InlineData(28, "5251")]
    [InlineData(30, "6261")]
    [InlineData(32, "74737271")]
    [InlineData(36, "84838281")]
    [InlineData(40, "94939291")]
    public void Each_field_stands_at_its_offset_in_little_endian(int offset, string hex)
    {
        var bytes = new byte[VsockHeader.Size];

        Sample.Write(bytes);

        Assert.Equal(hex, Convert.ToHexStringLower(bytes.AsSpan(offset, hex.Length / 2)));
    }

    [Fact]
    public void A_header_reads_back_as_written()
    {
        var bytes = new byte[VsockHeader.Size];
        Sample.Write(bytes);

        Assert.True(VsockHeader.TryRead(bytes, out var read));
        Assert.Equal(Sample, read);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(43)]
    public void Fewer_bytes_than_a_header_are_none(int length) =>
        Assert.False(VsockHeader.TryRead(new byte[length], out _));

    [Fact]
    public void A_mirrored_reset_swaps_every_address_and_keeps_the_type()
    {
        var reset = Sample.MirroredReset();

        Assert.Equal(VsockOperation.Reset, reset.Operation);
        Assert.Equal((Sample.DestinationCid, Sample.SourceCid), (reset.SourceCid, reset.DestinationCid));
        Assert.Equal((Sample.DestinationPort, Sample.SourcePort), (reset.SourcePort, reset.DestinationPort));
        Assert.Equal(Sample.Type, reset.Type);
        Assert.Equal(0u, reset.Length);
    }
}

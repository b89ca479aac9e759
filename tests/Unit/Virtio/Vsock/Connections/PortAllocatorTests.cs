using CsCheck;
using VmTools.Virtio.Vsock.Connections;
using Xunit;

namespace VmTools.Unit.Virtio.Vsock.Connections;

public sealed class PortAllocatorTests
{
    [Fact]
    public void Ports_go_round_and_a_returned_one_is_not_the_next()
    {
        var ports = new PortAllocator();
        var first = ports.Take();
        ports.Return(first);

        Assert.Equal(PortAllocator.First, first);
        Assert.Equal(first + 1, ports.Take());
    }

    [Fact]
    public void A_port_in_use_is_never_given_out_again() =>
        Gen.Bool.Array[1, 500].Sample(takes =>
        {
            var ports = new PortAllocator();
            HashSet<uint> inUse = [];
            foreach (var take in takes)
            {
                if (take && !inUse.Add(ports.Take()))
                {
                    return false;
                }

                if (!take && inUse.Count > 0)
                {
                    ports.Return(inUse.First());
                    inUse.Remove(inUse.First());
                }
            }

            return ports.Taken == inUse.Count;
        });

    [Theory]
    [InlineData(0x3fffffffu, false)]
    [InlineData(0x40000000u, true)]
    [InlineData(0x7fffffffu, true)]
    [InlineData(0x80000000u, false)]
    public void The_ephemeral_range_is_the_second_quarter(uint port, bool ephemeral) =>
        Assert.Equal(ephemeral, PortAllocator.IsEphemeral(port));
}

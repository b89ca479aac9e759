using System.Net;
using System.Runtime.InteropServices;
using CsCheck;
using VmTools.Protocol.Wire;
using Xunit;

namespace VmTools.Unit.Protocol.Wire;

public sealed class Ipv4NumberTests
{
    [Fact]
    public void The_bytes_of_the_number_in_memory_are_the_address()
    {
        var number = Ipv4Number.Of(IPAddress.Parse("100.115.92.2"));

        Assert.Equal([100, 115, 92, 2], MemoryMarshal.AsBytes([number]).ToArray());
    }

    [Fact]
    public void Every_number_is_an_address_and_comes_back() =>
        Gen.UInt.Sample(number => Ipv4Number.Of(Ipv4Number.ToAddress(number)) == number);

    [Fact]
    public void An_address_of_another_family_has_no_number() =>
        Assert.Throws<ArgumentException>(() => Ipv4Number.Of(IPAddress.IPv6Loopback));
}

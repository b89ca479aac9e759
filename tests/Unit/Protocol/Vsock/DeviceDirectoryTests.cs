using VmTools.Protocol;
using VmTools.Protocol.Vsock;
using VmTools.Unit.Protocol.Fakes;
using Xunit;

namespace VmTools.Unit.Protocol.Vsock;

public sealed class DeviceDirectoryTests : IDisposable
{
    private const uint Owner = 1000;
    private static readonly Cid Guest = new(5);

    private readonly ScratchDirectory _scratch = new();
    private readonly DeviceDirectory _devices;

    public DeviceDirectoryTests() => _devices = new DeviceDirectory(_scratch.Path, Owner, pid => pid == 77 ? 123456 : null);

    [Fact]
    public void The_registered_process_speaks_for_its_guest()
    {
        _devices.Register(Guest, 77, 123456);

        Assert.True(_devices.Speaks(Guest, 77, Owner));
        Assert.Equal("77 123456\n", File.ReadAllText(_scratch.PathOf("device.5")));
    }

    [Fact]
    public void Nobody_else_does()
    {
        _devices.Register(Guest, 77, 123456);

        Assert.False(_devices.Speaks(new Cid(6), 77, Owner));
        Assert.False(_devices.Speaks(Guest, 78, Owner));
        Assert.False(_devices.Speaks(Guest, 77, Owner + 1));
    }

    [Fact]
    public void A_process_that_only_inherited_the_number_does_not()
    {
        _devices.Register(Guest, 77, 123455);

        Assert.False(_devices.Speaks(Guest, 77, Owner));
    }

    [Fact]
    public void A_process_that_has_gone_does_not()
    {
        _devices.Register(Guest, 78, 123456);

        Assert.False(_devices.Speaks(Guest, 78, Owner));
    }

    [Fact]
    public void Unregistering_ends_it_and_may_be_repeated()
    {
        _devices.Register(Guest, 77, 123456);

        _devices.Unregister(Guest);
        _devices.Unregister(Guest);

        Assert.False(_devices.Speaks(Guest, 77, Owner));
    }

    [Theory]
    [InlineData("")]
    [InlineData("77")]
    [InlineData("77 123456 1")]
    [InlineData("77 x")]
    [InlineData("-77 123456")]
    public void A_damaged_registration_is_none(string content)
    {
        File.WriteAllText(_scratch.PathOf("device.5"), content);

        Assert.False(_devices.Speaks(Guest, 77, Owner));
    }

    public void Dispose() => _scratch.Dispose();
}

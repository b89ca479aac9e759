using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests;

/// <summary>A guest reaches the host's ports and nothing else by vsock, root in it included.</summary>
public sealed class IsolationTests(IsolationTests.TwoMachines machines) : MachineTests, IClassFixture<IsolationTests.TwoMachines>
{
    private const string Other = "other";
    private const uint Port = 5000;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(uint.MaxValue - 1)]
    public Task Special_addresses_are_refused(uint cid) => RefusesAsync(cid, Port);

    [Fact]
    public Task The_guests_own_address_is_refused() => RefusesAsync(machines.Facts.Cid, Port);

    [Fact]
    public Task Another_guests_address_is_refused() => RefusesAsync(machines.Sandbox.Vm(Other).Cid, Port);

    [Theory]
    [InlineData(8888)]
    [InlineData(9001)]
    public async Task The_agents_take_no_connection_from_their_own_guest(uint port)
    {
        await RefusesAsync(1, port);
        await RefusesAsync(machines.Facts.Cid, port);
    }

    [Fact]
    public async Task No_module_for_loopback_is_in_the_guest()
    {
        var found = await machines.Sandbox.InGuestAsync(
            Machine.Vm, "find / -xdev -name 'vsock_loopback*' 2>/dev/null; grep -c vsock_loopback /proc/modules; true");

        Assert.Equal("0\n", found);
    }

    [Fact]
    public async Task A_port_of_the_host_that_nobody_serves_is_refused()
    {
        await RefusesAsync(2, 5999);
    }

    [Fact]
    public async Task The_echo_that_the_others_are_refused_is_really_served()
    {
        await using var stream = await GuestStream.DialAsync(machines.Sandbox.Runtime, machines.Facts.Cid, Port);
        await using var other = await GuestStream.DialAsync(machines.Sandbox.Runtime, machines.Sandbox.Vm(Other).Cid, Port);

        Assert.NotEqual(machines.Facts.Cid, machines.Sandbox.Vm(Other).Cid);
    }

    private async Task RefusesAsync(uint cid, uint port)
    {
        var result = await machines.Sandbox.VshAsync(Machine.Vm, "--user=root", "--", GuestProgram.Vsock.Path, "dial", $"{cid}", $"{port}");

        Assert.Equal(1, result.Code);
        Assert.StartsWith("connect: ", result.Errors, StringComparison.Ordinal);
    }

    public sealed class TwoMachines() : PeerMachine(nameof(IsolationTests), $"{GuestProgram.Vsock.Path} echo {Port}")
    {
        protected override async Task PrepareAsync(Sandbox sandbox)
        {
            await base.PrepareAsync(sandbox);
            await sandbox.StartVmAsync(Other);
            await GuestProgram.Vsock.InstallAsync(sandbox, Other);
            await sandbox.InGuestAsync(Other, $"{GuestProgram.Vsock.Path} echo {Port}");
        }
    }
}

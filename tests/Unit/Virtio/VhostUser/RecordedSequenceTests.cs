using VmTools.Unit.Virtio.Fakes;
using Xunit;

namespace VmTools.Unit.Virtio.VhostUser;

/// <summary>The recorded message orders pass unchanged, and a packet goes through afterwards.</summary>
public sealed class RecordedSequenceTests
{
    public static TheoryData<string, string[], string[], int> Starts() => new()
    {
        { "QEMU 7.2", Sequences.QemuRealize, Sequences.QemuStart, 2 },
        { "QEMU 8.2 and later", Sequences.QemuRealize, Sequences.NewerQemuStart, 2 },
        { "User-Mode Linux 6.1", Sequences.UmlConnect, Sequences.UmlStart, 3 },
        { "crosvm", Sequences.CrosvmConnect, Sequences.CrosvmStart, 3 },
        { "cloud-hypervisor", Sequences.CloudHypervisorConnect, Sequences.CloudHypervisorStart, 3 },
    };

    [Theory]
    [MemberData(nameof(Starts))]
    public void A_start_sets_its_rings_running(string vmm, string[] connect, string[] start, int rings)
    {
        using var end = new FakeFrontEnd();

        end.Play(connect);
        end.Play(start);
        end.Transmit();

        Assert.Equal(Enumerable.Range(0, rings).Select(ring => $"started {ring}"), end.Device.Events);
        Assert.True(end.Device.Served is [44], vmm);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void QEMU_stop_and_cont_resumes_both_rings(bool newer)
    {
        using var end = new FakeFrontEnd();
        end.Play(Sequences.QemuRealize);
        end.Play(newer ? Sequences.NewerQemuStart : Sequences.QemuStart);
        end.Transmit();
        end.Transmit();

        end.Play(newer ? Sequences.NewerQemuStop : Sequences.QemuStop);
        Assert.Equal((0u, 2u), (end.AskBase(0), end.AskBase(1)));
        end.Device.Events.Clear();
        end.Play(newer ? Sequences.NewerQemuStart : Sequences.QemuStart, 0, 2);
        end.Transmit();

        Assert.Equal(["resumed 0", "resumed 1"], end.Device.Events);
        Assert.Equal(3, end.Device.Served.Count);
    }

    [Fact]
    public void QEMU_system_reset_is_a_new_driver()
    {
        using var end = new FakeFrontEnd();
        end.Play(Sequences.QemuRealize);
        end.Play(Sequences.QemuStart);
        end.Transmit();

        end.Play(Sequences.QemuStop);
        end.Device.Events.Clear();
        end.Rings[0].Reset();
        end.Rings[1].Reset();
        end.Play(Sequences.QemuStart);
        end.Transmit();

        Assert.Equal(["resumed 0", "reset", "started 1"], end.Device.Events);
        Assert.Equal(2, end.Device.Served.Count);
    }

    [Fact]
    public void A_driver_reload_under_UML_which_never_asks_for_a_base_is_a_new_driver()
    {
        using var end = new FakeFrontEnd();
        end.Play(Sequences.UmlConnect);
        end.Play(Sequences.UmlStart);
        end.Transmit();

        end.Play(Sequences.UmlStop);
        Assert.Equal(["stopped 2", "stopped 1", "stopped 0"], end.Device.Events.TakeLast(3));
        end.Device.Events.Clear();
        end.Rings[1].Reset();
        end.Play(Sequences.UmlStart);
        end.Transmit();

        Assert.Contains("reset", end.Device.Events);
        Assert.Contains("started 1", end.Device.Events);
        Assert.Equal(2, end.Device.Served.Count);
    }

    [Fact]
    public void Crosvm_reset_and_start_again_is_a_new_driver()
    {
        using var end = new FakeFrontEnd();
        end.Play(Sequences.CrosvmConnect);
        end.Play(Sequences.CrosvmStart);
        end.Transmit();

        end.Play(Sequences.CrosvmStop);
        end.Rings[1].Reset();
        end.Play(Sequences.CrosvmStart);
        end.Transmit();

        Assert.Single(end.Device.Events, "reset");
        Assert.Equal(2, end.Device.Served.Count);
    }

    [Fact]
    public void A_ring_disabled_and_enabled_again_goes_on_where_it_was()
    {
        using var end = new FakeFrontEnd();
        end.Play(Sequences.QemuRealize);
        end.Play(Sequences.QemuStart);
        end.Transmit();

        end.Play(["DISABLE 1"]);
        end.Transmit();
        Assert.Single(end.Device.Served);
        end.Play(["ENABLE 1"]);

        Assert.Equal("resumed 1", end.Device.Events[^1]);
        Assert.Equal(2, end.Device.Served.Count);
    }

    [Fact]
    public void The_addresses_may_come_last()
    {
        using var end = new FakeFrontEnd();
        end.Play(Sequences.CrosvmConnect);

        end.Play(["FEATURES", "KICK 1", "ENABLE 1", "BASE 1", "NUM 1", "MEMORY", "ADDR 1"]);
        end.Transmit();

        Assert.Equal(["started 1"], end.Device.Events);
        Assert.Single(end.Device.Served);
    }

    [Fact]
    public void Memory_plugged_in_while_rings_run_leaves_them_running()
    {
        using var end = new FakeFrontEnd();
        end.Play(Sequences.QemuRealize);
        end.Play(Sequences.QemuStart);
        end.Transmit();
        end.Device.Events.Clear();

        end.Play(["MEMORY!"]);
        end.Transmit();

        Assert.Equal(["stopped 0", "stopped 1", "resumed 0", "resumed 1"], end.Device.Events);
        Assert.Equal(2, end.Device.Served.Count);
    }
}

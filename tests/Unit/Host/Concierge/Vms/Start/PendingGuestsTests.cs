using VmTools.Host.Concierge.Vms.Start;
using VmTools.Protocol;
using Xunit;

namespace VmTools.Unit.Host.Concierge.Vms.Start;

/// <summary>Who may say that which VM is ready, and how often.</summary>
public sealed class PendingGuestsTests
{
    private readonly PendingGuests _pending = new();

    [Fact]
    public void A_launched_vm_becomes_ready_once()
    {
        using var guest = _pending.Expect(new Cid(32));

        Assert.True(_pending.TryReady(new Cid(32)));
        Assert.True(guest.Ready.IsCompleted);
        Assert.False(_pending.TryReady(new Cid(32)));
    }

    [Fact]
    public void An_unknown_vm_is_refused_and_cannot_make_another_ready()
    {
        using var guest = _pending.Expect(new Cid(32));

        Assert.False(_pending.TryReady(new Cid(33)));
        Assert.False(guest.Ready.IsCompleted);
    }

    [Fact]
    public void A_vm_whose_start_was_given_up_is_refused()
    {
        _pending.Expect(new Cid(32)).Dispose();

        Assert.False(_pending.TryReady(new Cid(32)));
    }

    [Fact]
    public void The_end_of_a_former_wait_does_not_end_the_present_one()
    {
        var former = _pending.Expect(new Cid(32));
        _pending.TryReady(new Cid(32));
        using var present = _pending.Expect(new Cid(32));

        former.Dispose();

        Assert.True(_pending.TryReady(new Cid(32)));
        Assert.True(present.Ready.IsCompleted);
    }
}

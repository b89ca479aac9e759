using CsCheck;
using VmTools.Virtio.Vsock.Credit;
using Xunit;

namespace VmTools.Unit.Virtio.Vsock.Credit;

public sealed class CreditTests
{
    private const uint Believed = 1024 * 1024;

    [Fact]
    public void An_empty_way_takes_all_that_the_peer_has()
    {
        var credit = Credit(4096);

        Assert.Equal(4096, credit.Free);
    }

    [Fact]
    public void A_peer_that_shrinks_its_space_below_what_is_on_the_way_leaves_none_not_less()
    {
        var credit = Credit(65536);
        credit.Sent(60000);

        Assert.True(credit.TryUpdate(128, 0));

        Assert.Equal(0, credit.Free);
    }

    [Fact]
    public void Small_packets_are_charged_their_overhead()
    {
        var credit = Credit(256 * 1024);
        var sent = 0;
        while (credit.Free > 0)
        {
            credit.Sent(1);
            sent++;
        }

        Assert.True(sent + (PeerCredit.PacketOverhead * sent) <= 256 * 1024, $"{sent} packets");
        Assert.InRange(sent, 400, 410);
    }

    [Fact]
    public void Reading_the_small_packets_opens_the_way_again()
    {
        var credit = Credit(4096);
        while (credit.Free > 0)
        {
            credit.Sent(1);
        }

        Assert.True(credit.TryUpdate(4096, credit.Outstanding));

        Assert.Equal(4096, credit.Free);
        Assert.Equal(0, credit.PacketsOutstanding);
    }

    [Fact]
    public void A_count_of_bytes_never_sent_is_a_lie()
    {
        var credit = Credit(65536);
        credit.Sent(100);

        Assert.False(credit.TryUpdate(65536, 101));
    }

    [Fact]
    public void A_first_count_other_than_zero_is_a_lie() => Assert.False(new PeerCredit(Believed).TryUpdate(65536, 1));

    [Fact]
    public void A_count_that_overtook_a_newer_one_changes_nothing()
    {
        var credit = Credit(65536);
        credit.Sent(1000);
        Assert.True(credit.TryUpdate(65536, 900));

        Assert.True(credit.TryUpdate(65536, 800));

        Assert.Equal(100u, credit.Outstanding);
    }

    [Fact]
    public void What_is_believed_of_the_space_is_bounded() => Assert.Equal((int)Believed, Credit(uint.MaxValue).Free);

    [Fact]
    public void A_peer_whose_own_view_stays_wide_must_be_asked()
    {
        var credit = Credit(256 * 1024);
        while (credit.Free > 0)
        {
            credit.Sent(1);
        }

        Assert.False(credit.PeerReportsUnasked);
    }

    [Fact]
    public void Counters_that_wrap_keep_their_differences()
    {
        var credit = Credit(Believed);
        var sent = 0u;
        for (var i = 0; i < 5000; i++)
        {
            credit.Sent(1_000_000);
            sent += 1_000_000;
            Assert.True(credit.TryUpdate(Believed, sent));
        }

        Assert.Equal((int)Believed, credit.Free);
    }

    [Fact]
    public void Whatever_a_peer_claims_the_free_space_is_never_negative_nor_beyond_the_claim() =>
        Gen.Select(Gen.UInt, Gen.UInt, Gen.Int[1, 70000]).Array[1, 60].Sample(steps =>
        {
            var credit = new PeerCredit(Believed);
            foreach (var (allocated, forwarded, bytes) in steps)
            {
                var accepted = credit.TryUpdate(allocated, forwarded % Math.Max(1, credit.Outstanding + 2));
                var free = credit.Free;
                if (free < 0 || (accepted && credit.Outstanding + free > Math.Max(Believed, credit.Outstanding)))
                {
                    return false;
                }

                credit.Sent(Math.Min(free, bytes) is var count and > 0 ? count : 0);
            }

            return true;
        });

    [Fact]
    public void A_guest_may_fill_the_promised_space_and_not_one_byte_more()
    {
        var window = new ReceiveWindow(65536);

        Assert.True(window.TryReceive(65536));
        Assert.False(window.TryReceive(1));
    }

    [Fact]
    public void Only_delivered_bytes_make_space()
    {
        var window = new ReceiveWindow(65536);
        window.TryReceive(65536);

        window.Forwarded(10);

        Assert.True(window.TryReceive(10));
        Assert.False(window.TryReceive(1));
    }

    [Theory]
    [InlineData(16 * 1024)]
    [InlineData(64 * 1024)]
    [InlineData(256 * 1024)]
    public void A_sender_that_uses_up_its_view_is_told_by_the_time_all_is_delivered(int space) =>
        Gen.Int[1, 65536].Array[1, 200].Sample(sizes =>
        {
            var window = new ReceiveWindow(space);
            var view = space;
            foreach (var size in sizes)
            {
                var count = Math.Min(size, view);
                if (!window.TryReceive(count))
                {
                    return false;
                }

                view -= count;
                window.Forwarded(count);
                if (window.IsUpdateDue)
                {
                    window.Told();
                    view = space - window.Held;
                }

                if (view == 0)
                {
                    return false;
                }
            }

            return true;
        });

    private static PeerCredit Credit(uint allocated)
    {
        var credit = new PeerCredit(Believed);
        Assert.True(credit.TryUpdate(allocated, 0));
        return credit;
    }
}

using CsCheck;
using Microsoft.Extensions.Time.Testing;
using VmTools.Host.Concierge.Device;
using VmTools.Protocol;
using VmTools.Unit.Host.Concierge.Fakes;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.Concierge.Device;

/// <summary>CIDs are never in two hands and never come back at once.</summary>
public sealed class CidsTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_first_cid_is_32_and_they_rise()
    {
        var cids = Make();

        Assert.Equal(new Cid(32), cids.Take().Value);
        Assert.Equal(new Cid(33), cids.Take().Value);
    }

    [Fact]
    public void A_restarted_daemon_goes_on_where_the_former_one_was()
    {
        Make().Take();

        Assert.Equal(new Cid(33), Make().Take().Value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("garbage")]
    [InlineData("5")]
    [InlineData("99999")]
    public void A_broken_memory_starts_at_the_beginning_and_passes_over_what_is_taken(string content)
    {
        File.WriteAllText(_directory.File("next_cid"), content);
        var cids = Make();
        cids.Adopt(new Cid(32));

        Assert.Equal(new Cid(33), cids.Take().Value);
    }

    [Fact]
    public async Task A_cid_that_was_given_back_rests_for_a_minute()
    {
        var cids = new Cids(new FakeCidMemory(), _clock);
        await cids.Take().DisposeAsync();
        var taken = Enumerable.Range(0, (int)(Cids.End - Cids.First) - 1).Select(_ => cids.Take()).ToList();

        Assert.Throws<VmToolsException>(() => cids.Take());
        _clock.Advance(Cids.Quarantine);

        Assert.Equal(new Cid(32), cids.Take().Value);
        Assert.DoesNotContain(taken, lease => lease.Value == new Cid(32));
    }

    [Fact]
    public void No_cid_is_in_two_hands_whatever_the_order_of_takings()
    {
        Gen.Bool.Array[1, 200].Sample(steps =>
        {
            var cids = new Cids(new FakeCidMemory(), _clock);
            var held = new List<CidLease>();
            foreach (var takes in steps)
            {
                if (takes || held.Count == 0)
                {
                    held.Add(cids.Take());
                }
                else
                {
                    held[0].DisposeAsync().AsTask().Wait(TestContext.Current.CancellationToken);
                    held.RemoveAt(0);
                }
            }

            Assert.Equal(held.Count, held.Select(lease => lease.Value).Distinct().Count());
            Assert.All(held, lease => Assert.True(lease.Value.IsGuest));
        }, iter: 50, threads: 1);
    }

    private Cids Make() => new(new CidFile(_directory.File("next_cid")), _clock);
}

using VmTools.Guest;
using Xunit;

namespace VmTools.Unit.Guest;

public sealed class BackOffTests
{
    private readonly BackOff _backOff = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(350));

    [Fact]
    public void Pauses_double_up_to_the_longest() =>
        Assert.Equal([100.0, 200.0, 350.0, 350.0], Enumerable.Range(0, 4).Select(_ => _backOff.Next().TotalMilliseconds));

    [Fact]
    public void A_success_begins_with_the_first_pause_again()
    {
        _backOff.Next();
        _backOff.Next();

        _backOff.Reset();

        Assert.False(_backOff.HasBegun);
        Assert.Equal(TimeSpan.FromMilliseconds(100), _backOff.Next());
    }
}

using Xunit;

namespace VmTools.Unit.Protocol;

/// <summary>Guests and clients of others speak this wire: a changed number, name or label breaks them silently.</summary>
public sealed class WireTableTests
{
    [Fact]
    public void Nothing_of_the_table_is_missing_or_differs()
    {
        var missing = WireTable.Expected();

        missing.ExceptWith(WireTable.Declared());

        Assert.Empty(missing);
    }

    [Fact]
    public void Nothing_is_declared_that_the_table_does_not_know()
    {
        var extra = WireTable.Declared();

        extra.ExceptWith(WireTable.Expected());

        Assert.Empty(extra);
    }

    [Fact]
    public void The_table_is_read_whole()
    {
        Assert.Equal(2006, WireTable.Expected().Count);
    }
}

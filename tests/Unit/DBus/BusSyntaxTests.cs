using VmTools.DBus;
using VmTools.DBus.Link;
using Xunit;

namespace VmTools.Unit.DBus;

public sealed class BusSyntaxTests
{
    [Theory]
    [InlineData("/", true)]
    [InlineData("/a/b_1", true)]
    [InlineData("", false)]
    [InlineData("a", false)]
    [InlineData("/a/", false)]
    [InlineData("//a", false)]
    [InlineData("/a-b", false)]
    [InlineData("/ü", false)]
    public void Object_paths_are_told_from_others(string path, bool valid) => Assert.Equal(valid, BusSyntax.IsObjectPath(path));

    [Theory]
    [InlineData("a.b", true)]
    [InlineData("_a.B1", true)]
    [InlineData("a", false)]
    [InlineData("a.1b", false)]
    [InlineData("a..b", false)]
    [InlineData("a.b-c", false)]
    [InlineData("a.b.", false)]
    public void Interfaces_are_told_from_others(string name, bool valid) => Assert.Equal(valid, BusSyntax.IsInterface(name));

    [Theory]
    [InlineData("a.b-c", true)]
    [InlineData(":1.42", true)]
    [InlineData("1.42", false)]
    [InlineData("a", false)]
    [InlineData(":1", false)]
    [InlineData("a.b c", false)]
    public void Bus_names_are_told_from_others(string name, bool valid) => Assert.Equal(valid, BusSyntax.IsBusName(name));

    [Fact]
    public void A_name_has_at_most_255_bytes()
    {
        Assert.True(BusSyntax.IsInterface("a." + new string('b', 253)));
        Assert.False(BusSyntax.IsInterface("a." + new string('b', 254)));
    }

    [Theory]
    [InlineData("no name", "/", "a.b", "M")]
    [InlineData("a.b", "no path", "a.b", "M")]
    [InlineData("a.b", "/", "no interface", "M")]
    [InlineData("a.b", "/", "a.b", "no member")]
    public async Task A_call_with_a_wrong_name_is_refused_and_the_connection_stays(
        string destination, string path, string @interface, string member)
    {
        await using var bus = await TestBus.StartAsync();
        await using var connection = await bus.ConnectAsync();

        var error = await Assert.ThrowsAsync<DBusException>(() => connection.CallAsync(
            new BusCall(destination, path, @interface, member), TestContext.Current.CancellationToken));

        Assert.Equal(BusErrors.InvalidArgs, error.Name);
        Assert.False(await connection.Names.HasOwnerAsync("a.b", TestContext.Current.CancellationToken));
    }
}

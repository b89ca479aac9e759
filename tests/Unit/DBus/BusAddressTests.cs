using VmTools.DBus;
using Xunit;

namespace VmTools.Unit.DBus;

public sealed class BusAddressTests
{
    [Theory]
    [InlineData("session", "unix:path=/s")]
    [InlineData("system", "unix:path=/run/dbus/system_bus_socket")]
    [InlineData("starter", "unix:path=/started")]
    [InlineData("unix:path=/x", "unix:path=/x")]
    public void Words_stand_for_what_the_environment_says(string word, string address) =>
        Assert.Equal(address, BusAddress.Resolve(word, name => name switch
        {
            "DBUS_SESSION_BUS_ADDRESS" => "unix:path=/s",
            "DBUS_STARTER_ADDRESS" => "unix:path=/started",
            _ => null,
        }));

    [Fact]
    public void Without_a_session_there_is_no_session_bus() => Assert.Null(BusAddress.Resolve("session", _ => ""));

    [Fact]
    public void Bytes_outside_the_plain_set_are_escaped() =>
        Assert.Equal("unix:path=/tmp/a%20b%2c%c3%bc", BusAddress.ForSocket("/tmp/a b,ü"));

    [Fact]
    public void A_match_rule_names_what_must_be_equal() =>
        Assert.Equal("type='signal',member='M',arg0='a b'", new MatchRule { Member = "M", FirstArgument = "a b" }.ToString());

    [Theory]
    [InlineData("it's")]
    [InlineData("a\\b")]
    public void A_match_rule_refuses_what_buses_read_differently(string value) =>
        Assert.Throws<ArgumentException>(() => new MatchRule { FirstArgument = value }.ToString());
}

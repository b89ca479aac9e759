using System.Xml;
using System.Xml.Linq;
using VmTools.DBus;
using Xunit;

namespace VmTools.Unit.DBus;

public sealed class IntrospectionTests
{
    private static readonly ServedMethod Start = new("StartVm", "ayah", "ay", (_, _) => Task.FromResult(BusBody.Of(new byte[1])))
    {
        InNames = ["request", "fds"],
        OutNames = ["response"],
    };

    private static readonly ServedMethod Plain = new("StopAllVms", "", "", (_, _) => Task.FromResult(BusBody.Empty));

    private static readonly ServedObject Served = new(Exchange.Path, [
        new ServedInterface(Exchange.Name, [Start, Plain], [new ServedSignal("VmStarted", "ay") { Names = ["signal"] }]),
        new ServedInterface("org.vmtools.Other1", [], [new ServedSignal("Step", "sss")])]);

    [Fact]
    public async Task Introspection_shows_methods_signals_and_argument_names()
    {
        await using var exchange = await Exchange.StartAsync(Served);

        var node = await IntrospectAsync(exchange);

        Assert.Equal(
            ["in ay request", "in ah fds", "out ay response"],
            Arguments(node, Exchange.Name, "StartVm").Select(
                a => $"{(string?)a.Attribute("direction")} {(string?)a.Attribute("type")} {(string?)a.Attribute("name")}"));
        Assert.Empty(Arguments(node, Exchange.Name, "StopAllVms"));
        Assert.Equal(
            "ay signal",
            Arguments(node, Exchange.Name, "VmStarted").Select(
                a => $"{(string?)a.Attribute("type")} {(string?)a.Attribute("name")}").Single());
        Assert.Equal(["s", "s", "s"], Arguments(node, "org.vmtools.Other1", "Step").Select(a => (string?)a.Attribute("type")));
    }

    [Fact]
    public async Task The_standard_interfaces_are_there()
    {
        await using var exchange = await Exchange.StartAsync(Served);

        var interfaces = (await IntrospectAsync(exchange)).Elements("interface").Select(i => (string?)i.Attribute("name"));
        using var pong = await exchange.Client.CallAsync(
            new BusCall(Exchange.Name, Exchange.Path, "org.freedesktop.DBus.Peer", "Ping"), TestContext.Current.CancellationToken);

        Assert.Superset(
            new HashSet<string?> { "org.freedesktop.DBus.Peer", "org.freedesktop.DBus.Introspectable", "org.freedesktop.DBus.Properties" },
            interfaces.ToHashSet());
        Assert.Equal(0, pong.Count);
    }

    [Fact]
    public async Task A_path_above_an_object_names_what_is_below_it()
    {
        await using var exchange = await Exchange.StartAsync(Served);

        var root = await IntrospectAsync(exchange, "/");
        var above = await IntrospectAsync(exchange, "/org/vmtools");

        Assert.Equal("org", Assert.Single(root.Elements("node")).Attribute("name")?.Value);
        Assert.Equal("Test1", Assert.Single(above.Elements("node")).Attribute("name")?.Value);
    }

    [Fact]
    public async Task A_path_where_nothing_is_served_is_refused()
    {
        await using var exchange = await Exchange.StartAsync(Served);

        var unseen = await Assert.ThrowsAsync<DBusException>(() => IntrospectAsync(exchange, "/org/vmtools/Test2"));
        var uncalled = await Assert.ThrowsAsync<DBusException>(() => exchange.Client.CallAsync(
            new BusCall(Exchange.Name, "/org/vmtools", Exchange.Name, "StopAllVms"), TestContext.Current.CancellationToken));

        Assert.Equal((BusErrors.UnknownObject, BusErrors.UnknownObject), (unseen.Name, uncalled.Name));
    }

    [Theory]
    [InlineData("Get", BusErrors.UnknownProperty)]
    [InlineData("GetAll", BusErrors.UnknownInterface)]
    public async Task Properties_that_do_not_exist_are_refused(string member, string error)
    {
        await using var exchange = await Exchange.StartAsync(Served);
        var body = BusBody.Of("org.vmtools.None");

        var call = new BusCall(Exchange.Name, Exchange.Path, "org.freedesktop.DBus.Properties", member)
        {
            Body = member == "Get" ? body.Add("Name") : body,
        };

        var refused = await Assert.ThrowsAsync<DBusException>(
            () => exchange.Client.CallAsync(call, TestContext.Current.CancellationToken));

        Assert.Equal(error, refused.Name);
    }

    private static async Task<XElement> IntrospectAsync(Exchange exchange, string path = Exchange.Path)
    {
        using var answer = await exchange.Client.CallAsync(
            new BusCall(Exchange.Name, path, "org.freedesktop.DBus.Introspectable", "Introspect"),
            TestContext.Current.CancellationToken);
        using var reader = XmlReader.Create(
            new StringReader(answer.Text(0)), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        return XElement.Load(reader);
    }

    private static IEnumerable<XElement> Arguments(XElement node, string @interface, string member) =>
        node.Elements("interface").Single(i => (string?)i.Attribute("name") == @interface)
            .Elements().Single(m => (string?)m.Attribute("name") == member).Elements("arg");
}

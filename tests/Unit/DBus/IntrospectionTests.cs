using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Xml;
using System.Xml.Linq;
using VmTools.DBus;
using VmTools.DBus.Native;
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
            Arguments(node, Exchange.Name, "StartVm").Select(a => $"{(string?)a.Attribute("direction")} {(string?)a.Attribute("type")} {(string?)a.Attribute("name")}"));
        Assert.Empty(Arguments(node, Exchange.Name, "StopAllVms"));
        Assert.Equal("ay signal", Arguments(node, Exchange.Name, "VmStarted").Select(a => $"{(string?)a.Attribute("type")} {(string?)a.Attribute("name")}").Single());
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
    public unsafe void The_table_has_the_layout_of_the_c_header()
    {
        using var table = new VtableMemory(Served.Interfaces[0], BusThread.Callback);

        Assert.Equal(56, Unsafe.SizeOf<VtableEntry>());
        Assert.Equal(8, (int)Marshal.OffsetOf<VtableEntry>(nameof(VtableEntry.Word0)));
        Assert.Equal(48, (int)Marshal.OffsetOf<VtableEntry>(nameof(VtableEntry.Word5)));
        Assert.Equal(24, Unsafe.SizeOf<ErrorView>());
        Assert.Equal([(ulong)'<', 'M' | (4UL << 8), 'M' | (4UL << 8), 'S', '>'], Enumerable.Range(0, table.Count).Select(i => table[i].TypeAndFlags));
        Assert.Equal(56, table[0].Word0);
        Assert.Equal("StartVm", Marshal.PtrToStringUTF8(table[1].Word0));
        Assert.Equal("request\0fds\0response\0\0", Marshal.PtrToStringUTF8(table[1].Word5, 22));
    }

    private static async Task<XElement> IntrospectAsync(Exchange exchange)
    {
        using var answer = await exchange.Client.CallAsync(
            new BusCall(Exchange.Name, Exchange.Path, "org.freedesktop.DBus.Introspectable", "Introspect"), TestContext.Current.CancellationToken);
        using var reader = XmlReader.Create(new StringReader(answer.Text(0)), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        return XElement.Load(reader);
    }

    private static IEnumerable<XElement> Arguments(XElement node, string @interface, string member) =>
        node.Elements("interface").Single(i => (string?)i.Attribute("name") == @interface)
            .Elements().Single(m => (string?)m.Attribute("name") == member).Elements("arg");
}

using VmTools.DBus;
using Xunit;

namespace VmTools.Unit.DBus;

/// <summary>A bus with a server that serves one object and a client that calls it.</summary>
internal sealed class Exchange(TestBus bus, BusConnection server, BusConnection client) : IAsyncDisposable
{
    internal const string Name = "org.vmtools.Test1";
    internal const string Path = "/org/vmtools/Test1";

    internal TestBus Bus => bus;

    internal BusConnection Server => server;

    internal BusConnection Client => client;

    internal static Task<Exchange> StartAsync(params ServedMethod[] methods) =>
        StartAsync(new ServedObject(Path, [new ServedInterface(Name, methods, [new ServedSignal("Happened", "ay")])]));

    internal static async Task<Exchange> StartAsync(ServedObject served)
    {
        var bus = await TestBus.StartAsync();
        var server = await bus.ConnectAsync();
        await server.ServeAsync(served);
        Assert.Equal(NameOutcome.Owned, await server.RequestNameAsync(Name, TestContext.Current.CancellationToken));
        return new Exchange(bus, server, await bus.ConnectAsync());
    }

    internal static BusCall Call(string member, BusBody body) =>
        new(Name, Path, Name, member) { Body = body, Limit = TimeSpan.FromSeconds(30) };

    internal Task<BusBody> CallAsync(string member, BusBody body) =>
        client.CallAsync(Call(member, body), TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await client.DisposeAsync();
        await server.DisposeAsync();
        await bus.DisposeAsync();
    }
}

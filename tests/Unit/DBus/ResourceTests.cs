using System.Globalization;
using VmTools.DBus;
using VmTools.Linux.Loop;
using Xunit;

namespace VmTools.Unit.DBus;

/// <summary>What connections leave behind and whether they sleep; alone, because it looks at the whole process.</summary>
[Collection(nameof(AloneCollection))]
public sealed class ResourceTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Descriptors_that_nobody_takes_are_closed_on_every_side()
    {
        var ignore = new ServedMethod("Ignore", "ah", "", (_, _) => Task.FromResult(BusBody.Empty));
        await using var exchange = await Exchange.StartAsync(ignore);
        using var counter = new EventFd();
        var before = OwnFds.Count("[eventfd]");

        for (var round = 0; round < 100; round++)
        {
            using var sent = new BusBody().Add([counter.Handle.Duplicate(), counter.Handle.Duplicate(), counter.Handle.Duplicate()]);
            using var answer = await exchange.CallAsync("Ignore", sent);
        }

        Assert.True(OwnFds.Count("[eventfd]") - before < 100, "descriptors are left open");
    }

    [Fact]
    public async Task Descriptors_of_a_refused_call_are_closed()
    {
        var ignore = new ServedMethod("Ignore", "", "", (_, _) => Task.FromResult(BusBody.Empty));
        await using var exchange = await Exchange.StartAsync(ignore);
        using var counter = new EventFd();
        var before = OwnFds.Count("[eventfd]");

        for (var round = 0; round < 100; round++)
        {
            using var sent = new BusBody().Add([counter.Handle.Duplicate(), counter.Handle.Duplicate(), counter.Handle.Duplicate()]);
            await Assert.ThrowsAsync<DBusException>(() => exchange.CallAsync("Ignore", sent));
        }

        Assert.True(OwnFds.Count("[eventfd]") - before < 100, "descriptors are left open");
    }

    [Fact]
    public async Task Opening_and_closing_many_connections_leaves_no_descriptors_behind()
    {
        await using var bus = await TestBus.StartAsync();
        await (await bus.ConnectAsync()).DisposeAsync();
        var before = OwnFds.Count("socket:");

        for (var round = 0; round < 100; round++)
        {
            await using var connection = await bus.ConnectAsync();
        }

        Assert.True(OwnFds.Count("socket:") - before < 50, "sockets are left open");
    }

    [Fact]
    public async Task An_idle_connection_never_wakes_up()
    {
        await using var bus = await TestBus.StartAsync();
        await using var connection = await bus.ConnectAsync();
        var mine = Assert.Single(SocketThreads());
        await Task.Delay(200, Cancel);
        var before = Switches(mine);

        await Task.Delay(1000, Cancel);

        Assert.Equal(before, Switches(mine));
    }

    /// <summary>The one thread of the runtime that waits for all sockets of the process.</summary>
    private static List<string> SocketThreads() =>
        [.. Directory.GetDirectories("/proc/self/task").Where(task => NameOf(task) == ".NET Sockets")];

    /// <summary>Empty for a thread that has ended meanwhile: the pool's come and go.</summary>
    private static string NameOf(string task)
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "comm")).Trim();
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static long Switches(string task) =>
        File.ReadLines(Path.Combine(task, "status"))
            .Where(line => line.StartsWith("voluntary_ctxt_switches", StringComparison.Ordinal))
            .Sum(line => long.Parse(line.Split('\t')[^1], CultureInfo.InvariantCulture));
}

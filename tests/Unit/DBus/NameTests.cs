using VmTools.DBus;
using Xunit;

namespace VmTools.Unit.DBus;

public sealed class NameTests
{
    private const string Name = "org.vmtools.Name";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_second_asker_learns_that_the_name_is_taken()
    {
        await using var bus = await TestBus.StartAsync();
        await using var first = await bus.ConnectAsync();
        await using var second = await bus.ConnectAsync();

        Assert.Equal(NameOutcome.Owned, await first.RequestNameAsync(Name, Cancel));
        Assert.Equal(NameOutcome.Owned, await first.RequestNameAsync(Name, Cancel));

        Assert.Equal(NameOutcome.TakenByAnother, await second.RequestNameAsync(Name, Cancel));
        Assert.Equal(first.UniqueName, await second.Names.OwnerOfAsync(Name, Cancel));
    }

    [Fact]
    public async Task The_owner_of_an_unowned_name_is_nobody()
    {
        await using var bus = await TestBus.StartAsync();
        await using var connection = await bus.ConnectAsync();

        Assert.Null(await connection.Names.OwnerOfAsync(Name, Cancel));
        Assert.False(await connection.Names.HasOwnerAsync(Name, Cancel));
        Assert.DoesNotContain(Name, await connection.Names.ActivatableAsync(Cancel));
    }

    [Fact]
    public async Task A_watch_reports_that_the_owner_came_and_went()
    {
        await using var bus = await TestBus.StartAsync();
        await using var watcher = await bus.ConnectAsync();
        await using var watch = await watcher.Names.WatchAsync(Name, Cancel);
        var owner = await bus.ConnectAsync();
        var unique = owner.UniqueName;

        await owner.RequestNameAsync(Name, Cancel);
        await owner.DisposeAsync();

        Assert.Equal(new NameOwnerChange(Name, null, unique), BusNames.ChangeIn(await watch.ReadAsync(Cancel)));
        Assert.Equal(new NameOwnerChange(Name, unique, null), BusNames.ChangeIn(await watch.ReadAsync(Cancel)));
    }

    [Fact]
    public async Task A_service_that_the_bus_does_not_know_cannot_be_started()
    {
        await using var bus = await TestBus.StartAsync();
        await using var connection = await bus.ConnectAsync();

        var error = await Assert.ThrowsAsync<DBusException>(() => connection.Names.StartServiceAsync(Name, Cancel));

        Assert.Equal(BusErrors.ServiceUnknown, error.Name);
    }
}

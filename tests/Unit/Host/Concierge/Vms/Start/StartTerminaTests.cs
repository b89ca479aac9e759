using VmTools.Host.Concierge.Vms;
using VmTools.Host.Concierge.Vms.Start;
using VmTools.Host.Vms;
using VmTools.Protocol;
using VmTools.Unit.Host.Concierge.Fakes;
using Xunit;

namespace VmTools.Unit.Host.Concierge.Vms.Start;

/// <summary>A start of a VM that is to have containers: once in its life, with its start or later, and what a failure leaves.</summary>
public sealed class StartTerminaTests : IAsyncDisposable
{
    private const string Call = "StartTermina 10.0.2.2 100.115.93.0/24 /dev/vdb";

    private readonly ConciergeBench _bench = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task The_container_host_comes_up_after_the_guest_is_set_up_and_before_the_answer()
    {
        var vm = await _bench.StartAsync("termina", withContainers: true);

        Assert.Equal(["StartingUp termina", "VMM", "ConfigureNetwork", "SetTime", Call, "Started termina"], _bench.Journal.Lines);
        Assert.Equal(4096, vm.Termina?.FreeBytes);
        Assert.True(Assert.Single(_bench.Records.ReadAll()) is { IsRunning: true, HasTermina: true });
    }

    [Fact]
    public async Task A_vm_that_runs_without_it_gets_it_once()
    {
        await _bench.StartAsync("termina");
        Assert.DoesNotContain(Call, _bench.Journal.Lines);

        await _bench.StartAsync("termina", withContainers: true);
        await _bench.StartAsync("termina", withContainers: true);
        await _bench.StartAsync("termina");

        Assert.Single(_bench.Journal.Lines, Call);
        Assert.Single(_bench.Journal.Lines, "VMM");
        Assert.True(Assert.Single(_bench.Records.ReadAll()) is { IsRunning: true, HasTermina: true });
    }

    [Fact]
    public async Task Callers_at_one_time_share_one_start_of_it()
    {
        var mayCome = new TaskCompletionSource();
        await _bench.StartAsync("termina");
        _bench.TerminaMayCome = mayCome.Task;

        var callers = Enumerable.Range(0, 10).Select(_ => _bench.StartAsync("termina", withContainers: true)).ToList();
        Assert.DoesNotContain(callers, caller => caller.IsCompleted);
        mayCome.SetResult();

        Assert.All(await Task.WhenAll(callers), vm => Assert.Equal(VmState.Running, vm.State));
        Assert.Single(_bench.Journal.Lines, Call);
    }

    [Fact]
    public async Task A_caller_is_answered_when_the_container_host_takes_calls()
    {
        var serves = new TaskCompletionSource();
        _bench.TerminaServes = serves.Task;
        var start = _bench.StartAsync("termina", withContainers: true);
        await _bench.SeesAsync(Call);

        Assert.False(start.IsCompleted);
        serves.SetResult();

        Assert.Equal(VmState.Running, (await start).State);
    }

    [Fact]
    public async Task A_container_host_that_never_takes_calls_is_given_up()
    {
        _bench.TerminaServes = new TaskCompletionSource().Task;
        var start = _bench.StartAsync("termina", withContainers: true);
        await _bench.SeesAsync(Call);

        var error = await Assert.ThrowsAsync<VmToolsException>(() => _bench.RunClockUntilAsync(start, TimeSpan.FromSeconds(20)));

        Assert.Contains("took no calls within 60 seconds", error.Message, StringComparison.Ordinal);
        Assert.Empty(_bench.Held);
    }

    [Fact]
    public async Task A_start_whose_container_host_does_not_come_leaves_no_vm_and_says_why()
    {
        _bench.Failing = "StartTermina";

        var error = await Assert.ThrowsAsync<VmToolsException>(() => _bench.StartAsync("termina", withContainers: true));

        Assert.Contains("VM 'termina' was not started, because its container host did not start. The guest refused", error.Message,
            StringComparison.Ordinal);
        Assert.Contains("'vmc logs termina'", error.Message, StringComparison.Ordinal);
        Assert.Empty(_bench.Registry.All);
        Assert.Empty(_bench.Held);
    }

    [Fact]
    public async Task A_vm_that_runs_keeps_running_when_it_does_not_come_and_the_next_caller_tries_again()
    {
        await _bench.StartAsync("termina");
        _bench.Failing = "StartTermina";

        var error = await Assert.ThrowsAsync<VmToolsException>(() => _bench.StartAsync("termina", withContainers: true));
        Assert.False(Assert.Single(_bench.Records.ReadAll()).HasTermina);
        _bench.Failing = null;
        await _bench.StartAsync("termina", withContainers: true);

        Assert.StartsWith("VM 'termina' runs, but its container host did not start.", error.Message, StringComparison.Ordinal);
        Assert.True(Assert.Single(_bench.Records.ReadAll()).HasTermina);
    }

    [Fact]
    public async Task A_vm_that_ends_meanwhile_gets_no_record_back()
    {
        var mayCome = new TaskCompletionSource();
        await _bench.StartAsync("termina");
        _bench.TerminaMayCome = mayCome.Task;
        var start = _bench.StartAsync("termina", withContainers: true);

        await _bench.StopAsync("termina");
        mayCome.SetResult();
        await start;

        Assert.Empty(_bench.Records.ReadAll());
    }

    [Theory]
    [InlineData("Baguette")]
    [InlineData("Bruschetta")]
    public async Task A_kind_of_vm_that_has_no_containers_is_refused_before_anything_is_taken(string type)
    {
        var spec = new StartSpec(ConciergeBench.IdOf("termina")) { StartsTermina = true, Type = Enum.Parse<VmType>(type) };

        var error = await Assert.ThrowsAsync<VmToolsException>(() => _bench.Start.RunAsync(spec, Cancel));

        Assert.Contains("start_termina", error.Message, StringComparison.Ordinal);
        Assert.Empty(_bench.Journal.Lines);
    }
}

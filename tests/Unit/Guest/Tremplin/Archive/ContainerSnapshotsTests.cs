using VmTools.Guest.Tremplin;
using VmTools.Guest.Tremplin.Containers;
using VmTools.Protocol;
using VmTools.Unit.Guest.Tremplin.Containers;
using Xunit;

namespace VmTools.Unit.Guest.Tremplin.Archive;

/// <summary>Snapshots on a file system of the test's, by the real tools.</summary>
public sealed class ContainerSnapshotsTests : IDisposable
{
    private static readonly ContainerName Before = TestContainers.Name("before");

    private readonly TestTable _test = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _test.Dispose();

    [Fact]
    public async Task What_was_written_since_a_snapshot_is_gone_after_its_restoration()
    {
        var container = await _test.MadeAsync();
        await WriteAsync(container, "before");
        await _test.Snapshots.MakeAsync(container, Before, Cancel);
        await WriteAsync(container, "after");
        await File.WriteAllTextAsync($"{UpperOf(container)}/new", "", Cancel);

        await _test.Snapshots.RestoreAsync(container, Before, Cancel);

        Assert.Equal("before", await File.ReadAllTextAsync($"{UpperOf(container)}/file", Cancel));
        Assert.False(File.Exists($"{UpperOf(container)}/new"));
        Assert.Equal([Before], _test.Snapshots.List(container.Name).Select(snapshot => snapshot.Name));
        Assert.Empty(_test.Store.Leavings());
    }

    [Fact]
    public async Task A_container_that_runs_is_frozen_for_its_snapshot_and_goes_on()
    {
        var container = await _test.RunningAsync();

        await _test.Snapshots.MakeAsync(container, Before, Cancel);

        Assert.Equal(1, _test.Runtime.Last!.Freezes);
        Assert.False(_test.Runtime.Last.IsFrozen);
        Assert.Equal(ContainerState.Running, container.Look().State);
    }

    [Fact]
    public async Task A_container_that_runs_is_not_restored()
    {
        var container = await _test.RunningAsync();
        await _test.Snapshots.MakeAsync(container, Before, Cancel);

        var refused = await Assert.ThrowsAsync<VmToolsException>(() => _test.Snapshots.RestoreAsync(container, Before, Cancel));

        Assert.Equal(ErrorKind.FailedPrecondition, refused.Kind);
        Assert.Contains("stop it first", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_is_taken_once_and_free_after_its_deletion()
    {
        var container = await _test.MadeAsync();
        await _test.Snapshots.MakeAsync(container, Before, Cancel);

        var refused = await Assert.ThrowsAsync<VmToolsException>(() => _test.Snapshots.MakeAsync(container, Before, Cancel));
        await _test.Snapshots.DeleteAsync(container, Before, Cancel);
        var missing = await Assert.ThrowsAsync<VmToolsException>(() => _test.Snapshots.RestoreAsync(container, Before, Cancel));

        Assert.Equal((ErrorKind.AlreadyExists, ErrorKind.NotFound), (refused.Kind, missing.Kind));
        Assert.Empty(_test.Snapshots.List(container.Name));
        await _test.Snapshots.MakeAsync(container, Before, Cancel);
    }

    [Fact]
    public async Task What_a_kill_has_left_of_snapshots_is_removed_by_the_next_tremplin()
    {
        var container = await _test.MadeAsync();
        await _test.Snapshots.MakeAsync(container, Before, Cancel);
        Directory.CreateDirectory($"{_test.Paths.Snapshots(container.Name)}/.new-1/upper");
        Directory.CreateDirectory($"{_test.Paths.Of(container.Name)}/.restored-1/upper");

        using var next = _test.New();
        await next.LoadAsync(Cancel);

        Assert.Empty(_test.Store.Leavings());
        Assert.Single(_test.Snapshots.List(container.Name));
    }

    [Fact]
    public async Task A_container_that_is_held_is_neither_started_nor_deleted()
    {
        var container = await _test.MadeAsync();
        var go = new TaskCompletionSource();
        var held = container.HoldAsync("being exported", (_, _) => go.Task);

        var (start, delete) = (container.Start(), container.Delete(static _ => Task.CompletedTask));
        var second = await Assert.ThrowsAsync<VmToolsException>(() => container.HoldAsync("being copied", (_, _) => Task.CompletedTask));
        go.SetResult();
        await held.InTime();

        Assert.Equal((RequestResult.Refused, RequestResult.Refused), (start.Result, delete.Result));
        Assert.Contains("being exported", start.Reason, StringComparison.Ordinal);
        Assert.Contains("being exported", second.Message, StringComparison.Ordinal);
        Assert.Equal(RequestResult.Begun, container.Start().Result);
    }

    private string UpperOf(Container container) => $"{_test.Paths.Of(container.Name)}/upper";

    private Task WriteAsync(Container container, string text) => File.WriteAllTextAsync($"{UpperOf(container)}/file", text, Cancel);
}

using Microsoft.Extensions.Logging.Abstractions;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Concierge.Siblings;
using VmTools.Host.Instance;
using VmTools.Linux.ProcessControl;
using VmTools.Unit.DBus;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.Concierge.Siblings;

/// <summary>When a sibling daemon is started, on a real bus, with a script in its part that only says that it was there.</summary>
public sealed class SiblingDaemonTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Reaper _reaper = Reaper.ForChildren();
    private TestBus? _bus;
    private BusConnection? _connection;

    private string Mark => _directory.File("was-started");

    public async ValueTask InitializeAsync()
    {
        _bus = await TestBus.StartAsync();
        _connection = await _bus.ConnectAsync();
        var script = _directory.File("vmlog_forwarder");
        await File.WriteAllTextAsync(script, $"#!/bin/sh\necho \"$@\" > {Mark}.part\nmv {Mark}.part {Mark}\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var part in new IAsyncDisposable?[] { _connection, _bus, _reaper })
        {
            await (part?.DisposeAsync() ?? ValueTask.CompletedTask);
        }

        _directory.Dispose();
    }

    [Fact]
    public async Task Where_vms_run_already_it_is_started_at_once_on_our_bus()
    {
        await using var sibling = Make(isNeeded: true);

        sibling.Watch();

        await StartedAsync();
        Assert.Equal("--bus=the-bus", (await File.ReadAllTextAsync(Mark, TestContext.Current.CancellationToken)).Trim());
    }

    [Fact]
    public async Task Where_none_runs_it_waits_for_the_first()
    {
        await using var sibling = Make(isNeeded: false);

        sibling.Watch();
        await _connection!.Names.HasOwnerAsync("org.example.Nobody", TestContext.Current.CancellationToken);
        Assert.False(File.Exists(Mark));
        await sibling.EnsureAsync();

        await StartedAsync();
    }

    [Fact]
    public async Task One_that_ended_before_it_had_its_name_is_started_again()
    {
        await using var sibling = Make(isNeeded: true);
        sibling.Watch();
        await StartedAsync();

        File.Delete(Mark);

        await StartedAsync();
    }

    private async Task StartedAsync()
    {
        var since = TimeProvider.System.GetTimestamp();
        while (!File.Exists(Mark))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(since) < TimeSpan.FromSeconds(20), "It was not started.");
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    private SiblingDaemon Make(bool isNeeded)
    {
        var directories = new InstanceDirectories(_directory.Path, _directory.Path, _directory.Path);
        var instance = new HostInstance(TestBus.OwnUid, directories, _directory.Path,
            TimeProvider.System)
        { Environment = static _ => null };
        return new SiblingDaemon(Sibling.LogForwarder, instance, _connection!, "the-bus", _reaper,
            NullLogger.Instance)
        { IsNeeded = () => isNeeded };
    }
}

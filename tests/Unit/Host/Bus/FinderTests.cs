using System.Globalization;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Instance;
using VmTools.Linux.ProcessControl;
using VmTools.Linux.Sockets;
using VmTools.Protocol;
using VmTools.Unit.DBus;
using Xunit;

namespace VmTools.Unit.Host.Bus;

/// <summary>Finding and starting the bus, with a real dbus-daemon and no daemon program to start on it.</summary>
public sealed class FinderTests : IAsyncDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("vmtools bus $(x)`\"'\\n").FullName;
    private readonly List<string> _notices = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private HostInstance Instance => new(
        TestBus.OwnUid == 0
            ? 1000
            : TestBus.OwnUid, new InstanceDirectories($"{_root}/run", $"{_root}/state", $"{_root}/image"), $"{_root}/bin",
                TimeProvider.System)
    {
        Environment = _ => null,
    };

    [Fact]
    public async Task Without_a_session_bus_a_private_one_is_started_and_said()
    {
        await EnsureBusAsync();

        await using var connection = await BusConnection.OpenAsync(BusOf().Address, Cancel);
        Assert.Contains(ConciergeBus.Name, await connection.Names.ActivatableAsync(Cancel));
        Assert.Equal($"There is no session bus; starting a private one in {Instance.Directories.Runtime}.", Assert.Single(_notices));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Instance.Directories.Runtime));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Instance.Directories.PrivateBusSocket));
    }

    [Fact]
    public async Task The_private_bus_gives_names_to_our_daemons_alone_and_lets_nobody_listen_in()
    {
        await EnsureBusAsync();
        await using var stranger = await BusConnection.OpenAsync(BusOf().Address, Cancel);

        Assert.Equal(NameOutcome.Owned, await stranger.RequestNameAsync(ConciergeBus.Name, Cancel));
        var named = await Assert.ThrowsAsync<DBusException>(() => stranger.RequestNameAsync("org.example.Other", Cancel));
        var monitor = await Assert.ThrowsAsync<DBusException>(() => stranger.CallAsync(
            new BusCall("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus.Monitoring", "BecomeMonitor")
            {
                Body = BusBody.Empty.Add(Array.Empty<string>()).Add(0u),
            },
            Cancel));

        Assert.Equal((BusErrors.AccessDenied, BusErrors.AccessDenied), (named.Name, monitor.Name));
    }

    [Fact]
    public async Task Two_who_need_the_bus_at_once_start_one()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => EnsureBusAsync()));

        Assert.Single(_notices);
    }

    [Fact]
    public async Task A_socket_left_behind_by_a_dead_bus_is_replaced()
    {
        Instance.EnsureRuntime();
        UnixSocket.Listen(Instance.Directories.PrivateBusSocket, 1, UnixFileMode.UserRead | UnixFileMode.UserWrite).Dispose();
        Assert.True(File.Exists(Instance.Directories.PrivateBusSocket));
        while (BusOf().IsRunning())
        {
            // A child that another test is just forking holds the listener until it runs its program.
            await Task.Delay(1, Cancel);
        }

        await EnsureBusAsync();

        Assert.True(BusOf().IsRunning());
    }

    [Fact]
    public async Task A_daemon_that_runs_is_found_and_nothing_is_started()
    {
        await EnsureBusAsync();
        await using var daemon = await BusConnection.OpenAsync(BusOf().Address, Cancel);
        await daemon.RequestNameAsync(ConciergeBus.Name, Cancel);
        _notices.Clear();

        await using var found = await new ConciergeFinder(Instance, _notices.Add).FindAsync(Cancel);

        Assert.Equal(daemon.UniqueName, await found.Names.OwnerOfAsync(ConciergeBus.Name, Cancel));
        Assert.Empty(_notices);
    }

    [Fact]
    public async Task On_the_private_bus_the_daemon_beside_our_program_is_started_with_the_callers_directories_and_settings()
    {
        Directory.CreateDirectory(Instance.ProgramDirectory);
        var program = Path.Combine(Instance.ProgramDirectory, "vm_concierge");
        await File.WriteAllTextAsync(
            program, "#!/bin/sh\n(printf '%s\\n' \"$@\"; env | grep -e ^VMTOOLS -e ^SECRET | sort) >\"$(dirname \"$0\")/seen\"\nexit 3\n",
            Cancel);
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        var instance = Instance with
        {
            Environment = name =>
                name switch
                {
                    "VMTOOLS_VM_MEMORY_MIB" => "300",
                    "VMTOOLS_QEMU" => "some/qemu",
                    "SECRET" => "x",
                    "PATH" => "/usr/bin:/bin",
                    _ => null
                },
        };

        var error = await Assert.ThrowsAsync<VmToolsException>(() => new ConciergeFinder(instance, _notices.Add).FindAsync(Cancel));

        Assert.Equal(ErrorKind.Unavailable, error.Kind);
        Assert.Contains("vm_concierge ended as soon as it was started", error.Message, StringComparison.Ordinal);
        Assert.Equal(
            $"""
            --bus={BusOf().Address}
            VMTOOLS_IMAGE_DIR={_root}/image
            VMTOOLS_QEMU={Directory.GetCurrentDirectory()}/some/qemu
            VMTOOLS_RUNTIME_DIR={_root}/run
            VMTOOLS_STATE_DIR={_root}/state
            VMTOOLS_VM_MEMORY_MIB=300

            """,
            await File.ReadAllTextAsync(Path.Combine(Instance.ProgramDirectory, "seen"), Cancel));
    }

    [Fact]
    public async Task On_a_session_bus_that_cannot_start_it_the_daemon_is_started_by_us_and_its_failure_told()
    {
        await using var session = await TestBus.StartAsync();
        Directory.CreateDirectory(Instance.ProgramDirectory);
        var program = Path.Combine(Instance.ProgramDirectory, "vm_concierge");
        await File.WriteAllTextAsync(program, "#!/bin/sh\necho no luck today >&2\nexit 3\n", Cancel);
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var instance = Instance with { Environment = name => name == "DBUS_SESSION_BUS_ADDRESS" ? session.Address : null };

        var error = await Assert.ThrowsAsync<VmToolsException>(() => new ConciergeFinder(instance, _notices.Add).FindAsync(Cancel));

        Assert.Contains("no luck today", error.Message, StringComparison.Ordinal);
        Assert.Equal(["Starting vm_concierge."], _notices);
        Assert.False(BusOf().IsRunning());
    }

    public async ValueTask DisposeAsync()
    {
        if (File.Exists($"{_root}/run/bus.pid"))
        {
            var pid = int.Parse((await File.ReadAllTextAsync($"{_root}/run/bus.pid", Cancel)).Split(' ')[0], CultureInfo.InvariantCulture);
            using var daemon = ProcessWatch.TryOpen(pid, Processes.StartTimeOf(pid)!.Value)!;
            daemon.Signal(Signal.Kill);
            await daemon.Exited;
        }

        Directory.Delete(_root, recursive: true);
    }

    private PrivateBus BusOf() => new(Instance, _notices.Add);

    private async Task EnsureBusAsync()
    {
        Instance.EnsureRuntime();
        using var held = await StartLock.TakeAsync(Instance, Cancel);
        await BusOf().EnsureAsync(Cancel);
    }
}

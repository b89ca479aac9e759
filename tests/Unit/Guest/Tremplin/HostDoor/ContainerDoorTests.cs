using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using VmTools.Guest.Tremplin;
using VmTools.Guest.Tremplin.HostDoor;
using VmTools.Linux;
using VmTools.Linux.Sockets;
using VmTools.Protocol;
using VmTools.Protocol.Vsock;
using VmTools.Unit.Linux;
using VmTools.Unit.Protocol.Fakes;
using Xunit;

namespace VmTools.Unit.Guest.Tremplin.HostDoor;

/// <summary>The way of a container's programs to the host, over a real socket and a vsock in memory.</summary>
public sealed class ContainerDoorTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly MemoryVsock _vsock = new();
    private readonly TremplinPaths _paths;

    public ContainerDoorTests()
    {
        _paths = new TremplinPaths(_directory.File("state"), _directory.File("run"));
        Directory.CreateDirectory(_paths.Door(Name));
    }

    private static ContainerName Name => TestContainers.Name();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string SocketPath => $"{_paths.Door(Name)}/{ContainerDoor.SocketName}";

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_connection_arrives_behind_the_containers_name_and_bytes_go_both_ways()
    {
        await using var listener = await _vsock.ListenAsync(Ports.ContainerDoor, Cancel);
        await using var door = Open();
        using var inside = Connect();
        await inside.SendAsync("hello"u8.ToArray(), Cancel);

        await using var host = await listener.AcceptAsync(Cancel);

        Assert.Equal(Name.Value, await ContainerLine.ReadAsync(host.Socket, Cancel));
        Assert.Equal("hello", await ReadAsync(host.Socket));
        await host.Socket.SendAsync("answer"u8.ToArray(), Cancel);
        Assert.Equal("answer", await ReadAsync(inside));
        inside.Shutdown(SocketShutdown.Send);
        Assert.Equal("", await ReadAsync(host.Socket));
        await host.Socket.SendAsync("last"u8.ToArray(), Cancel);
        Assert.Equal("last", await ReadAsync(inside));
    }

    [Fact]
    public async Task A_name_that_a_program_writes_itself_comes_behind_the_true_one()
    {
        await using var listener = await _vsock.ListenAsync(Ports.ContainerDoor, Cancel);
        await using var door = Open();
        using var inside = Connect();
        await inside.SendAsync(ContainerLine.Of("other"), Cancel);

        await using var host = await listener.AcceptAsync(Cancel);

        Assert.Equal(Name.Value, await ContainerLine.ReadAsync(host.Socket, Cancel));
    }

    [Fact]
    public async Task Without_the_host_a_connection_ends_at_once()
    {
        await using var door = Open();
        using var inside = Connect();

        Assert.Equal("", await ReadAsync(inside));
    }

    [Fact]
    public async Task A_thousand_connections_take_no_more_than_their_places_and_others_come_after_them()
    {
        await using var listener = await _vsock.ListenAsync(Ports.ContainerDoor, Cancel);
        await using var door = Open();
        var flood = new List<FdHandle>();
        for (var i = 0; i < 1000; i++)
        {
            if (UnixSocket.TryConnect(SocketPath, out var socket) == Errno.None)
            {
                flood.Add(socket!);
            }
        }

        var arrived = new List<VsockStream>();
        for (var i = 0; i < ContainerDoor.MostConnections; i++)
        {
            arrived.Add(await listener.AcceptAsync(Cancel));
        }

        var ninth = listener.AcceptAsync(Cancel).AsTask();
        await Task.Delay(50, Cancel);
        Assert.False(ninth.IsCompleted);
        flood.ForEach(socket => socket.Dispose());
        foreach (var stream in arrived)
        {
            await stream.DisposeAsync();
        }

        await using var next = await ninth.InTime();
        Assert.Equal(Name.Value, await ContainerLine.ReadAsync(next.Socket, Cancel));
    }

    [Fact]
    public async Task Connections_that_the_host_has_closed_lose_their_places_though_their_programs_hold_on()
    {
        var clock = new FakeTimeProvider();
        await using var listener = await _vsock.ListenAsync(Ports.ContainerDoor, Cancel);
        await using var door = ContainerDoor.Open(Name, _paths, _vsock, clock, NullLogger.Instance);
        var silent = Enumerable.Range(0, ContainerDoor.MostConnections).Select(_ => Connect()).ToList();
        foreach (var held in silent)
        {
            await (await listener.AcceptAsync(Cancel)).DisposeAsync();
            Assert.Equal("", await ReadAsync(held));
        }

        using var another = Connect();
        var arrival = listener.AcceptAsync(Cancel).AsTask();
        while (!arrival.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(5));
            await Task.WhenAny(arrival, Task.Delay(20, Cancel));
        }

        await using var host = await arrival;
        silent.ForEach(held => held.Dispose());
    }

    [Fact]
    public async Task A_door_that_closes_ends_its_connections_and_goes()
    {
        await using var listener = await _vsock.ListenAsync(Ports.ContainerDoor, Cancel);
        var door = Open();
        using var inside = Connect();
        await using var host = await listener.AcceptAsync(Cancel);

        await door.DisposeAsync();

        Assert.Equal("", await ReadAsync(inside));
        Assert.False(File.Exists(SocketPath));
    }

    [Fact]
    public async Task A_door_that_a_killed_tremplin_left_is_opened_anew()
    {
        UnixSocket.Listen(SocketPath, 1, FileModes.AllMayWrite).Dispose();

        await using var door = Open();

        using var inside = Connect();
        Assert.Equal(FileModes.AllMayWrite, File.GetUnixFileMode(SocketPath));
    }

    [Fact]
    public void Only_the_containers_root_passes_the_frame_and_nobody_inside_changes_the_door()
    {
        var directories = new DoorDirectories(_paths);
        var record = TestContainers.Record();
        try
        {
            directories.Make(record);
        }
        catch (LinuxException ordinary) when (ordinary.Errno == Errno.EPERM)
        {
            Assert.Skip("Only root gives a directory to a container.");
        }

        Assert.Equal(FileModes.GroupMayPass, File.GetUnixFileMode(_paths.DoorFrame(Name)));
        Assert.Equal(FileModes.AllMayLook, File.GetUnixFileMode(_paths.Door(Name)));
        directories.Remove(Name);
        Assert.False(Directory.Exists(_paths.DoorFrame(Name)));
        directories.Remove(Name);
    }

    private static async Task<string> ReadAsync(Socket socket)
    {
        var bytes = new byte[64];
        return Encoding.ASCII.GetString(bytes, 0, await socket.ReceiveAsync(bytes, Cancel).AsTask().InTime());
    }

    private ContainerDoor Open() => ContainerDoor.Open(Name, _paths, _vsock, TimeProvider.System, NullLogger.Instance);

    private Socket Connect()
    {
        Assert.Equal(Errno.None, UnixSocket.TryConnect(SocketPath, out var socket));
        return AsyncSocket.Own(socket!);
    }
}

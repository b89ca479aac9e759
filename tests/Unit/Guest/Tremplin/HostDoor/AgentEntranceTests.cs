using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
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

/// <summary>The host's way to the agents of containers, over a vsock in memory and real sockets.</summary>
public sealed class AgentEntranceTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private readonly MemoryVsock _vsock = new();
    private readonly TremplinPaths _paths;
    private AgentEntrance? _entrance;
    private FdHandle? _agent;

    public AgentEntranceTests() => _paths = new TremplinPaths(_directory.File("state"), _directory.File("run"));

    private static ContainerName Name => TestContainers.Name();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(_paths.RuntimeOf(Name));
        _agent = UnixSocket.Listen(_paths.AgentSocket(Name), 8, FileModes.OwnerReadsAndWrites);
        _entrance = AgentEntrance.Open(_paths, await _vsock.ListenAsync(Ports.Garcon, Cancel), TimeProvider.System, NullLogger.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        await _entrance!.DisposeAsync();
        _agent!.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task The_host_reaches_the_agent_of_the_container_that_it_names()
    {
        await using var host = await ConnectAsync(Cid.Host);
        await host.Stream.WriteAsync((byte[])[.. ContainerLine.Of(Name.Value), .. "call"u8], Cancel);

        Assert.True(await ContainerLine.ReadAnswerAsync(host.Socket, Cancel));
        Assert.Equal(Errno.None, UnixSocket.TryAccept(_agent!, out var accepted));
        using var agent = AsyncSocket.Own(accepted!);
        Assert.Equal("call", await ReadAsync(agent));
        await agent.SendAsync("answer"u8.ToArray(), Cancel);
        Assert.Equal("answer", await ReadAsync(host.Socket));
    }

    [Theory]
    [InlineData("CONTAINER other\n")]
    [InlineData("CONTAINER ..\n")]
    [InlineData("CONTAINER penguin/..\n")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")]
    [InlineData("\n")]
    public async Task Whatever_names_no_running_container_is_hung_up_on(string line)
    {
        await using var host = await ConnectAsync(Cid.Host);
        await host.Stream.WriteAsync(Encoding.ASCII.GetBytes(line), Cancel);

        Assert.False(await IsAnsweredAsync(host));
        Assert.Equal(Errno.EAGAIN, UnixSocket.TryAccept(_agent!, out _));
    }

    [Fact]
    public async Task A_program_of_the_machine_itself_is_hung_up_on()
    {
        await using var program = await ConnectAsync(new Cid(1));
        try
        {
            await program.Stream.WriteAsync(ContainerLine.Of(Name.Value), Cancel);
        }
        catch (IOException)
        {
            // It was hung up on before it had said a word.
        }

        Assert.False(await IsAnsweredAsync(program));
        Assert.Equal(Errno.EAGAIN, UnixSocket.TryAccept(_agent!, out _));
    }

    private ValueTask<VsockStream> ConnectAsync(Cid who) =>
        _vsock.As(who).ConnectAsync(new VsockAddress(new Cid(40), Ports.Garcon), Cancel);

    /// <summary>A connection that is closed with bytes unread is reset.</summary>
    private static async Task<bool> IsAnsweredAsync(VsockStream stream)
    {
        try
        {
            return await ContainerLine.ReadAnswerAsync(stream.Socket, Cancel);
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static async Task<string> ReadAsync(Socket socket)
    {
        var bytes = new byte[64];
        return Encoding.ASCII.GetString(bytes, 0, await socket.ReceiveAsync(bytes, Cancel).AsTask().InTime());
    }
}

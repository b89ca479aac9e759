using VmTools.Guest.Vshd.HandOver;
using VmTools.Guest.Vshd.Sessions;
using VmTools.Linux.Sockets;
using VmTools.Protocol.Messages.Vsh;
using VmTools.Unit.Guest.Vshd.Sessions;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Guest.Vshd.HandOver;

/// <summary>The host's end, a session of the VM's shell server, and the shell server of a container behind a real socket.</summary>
public sealed class HandOverTests
{
    [Fact]
    public async Task A_session_for_a_container_runs_there_and_the_VM_s_shell_server_is_done_with_it()
    {
        await using var container = new ContainerShells();
        await using var peer = new VshPeer(container.OfVm);

        await peer.BeginAsync(In("penguin", "echo out; echo err >&2; read line; echo $line $USER; exit 7")).InTime();
        await peer.Ended.InTime();
        await peer.SendInputAsync("in\n");
        var result = await peer.ReadToEndAsync().InTime();

        Assert.Equal(($"out\nin {ContainerShells.OwnUser}\n", "err\n", 7), (result.Output, result.Error, result.Code));
    }

    [Fact]
    public async Task A_terminal_in_a_container_has_its_size_and_its_keys()
    {
        await using var container = new ContainerShells();
        await using var peer = new VshPeer(container.OfVm);

        await peer.BeginAsync(In("penguin", "stty size; echo ready; exec sleep 60", terminal: true)).InTime();
        var output = await peer.ReadUntilAsync("ready").InTime();
        await peer.SendInputAsync("\u0003");

        Assert.Contains("24 80", output, StringComparison.Ordinal);
        Assert.Equal(130, (await peer.ReadToEndAsync().InTime()).Code);
    }

    [Fact]
    public async Task A_signal_reaches_the_program_in_the_container()
    {
        await using var container = new ContainerShells();
        await using var peer = new VshPeer(container.OfVm);
        await peer.BeginAsync(In("penguin", "exec sleep 60")).InTime();

        await peer.SendSignalAsync(Signal.Term);

        Assert.Equal(143, (await peer.ReadToEndAsync().InTime()).Code);
    }

    [Fact]
    public async Task What_came_behind_the_request_goes_along_and_nothing_is_lost()
    {
        await using var container = new ContainerShells();
        await using var peer = new VshPeer(container.OfVm);
        var input = new string('x', 3000);

        byte[] request = Frame(In("penguin", "cat"));
        await peer.SendRawAsync(
            (byte[])[.. request, .. Frame(Input(input)), .. Frame(Input(input)), .. Frame(Input(input)), .. Frame(Input(""))]);

        _ = await peer.ReadFrameAsync().InTime();
        Assert.Equal(input + input + input, (await peer.ReadToEndAsync().InTime()).Output);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/vm_shell")]
    public async Task Without_a_container_s_name_the_session_is_the_VM_s_own(string target)
    {
        await using var container = new ContainerShells();
        await using var peer = new VshPeer(container.OfVm with { DefaultUser = ContainerShells.OwnUser });

        Assert.Equal(3, (await peer.RunAsync(In(target, "exit 3")).InTime()).Code);
    }

    [Theory]
    [InlineData("buster", "there is no running container buster in this VM")]
    [InlineData("../penguin", "there is no container of such a name: A container's name begins with a lower-case letter")]
    [InlineData("penguin/..", "there is no container of such a name")]
    [InlineData("Penguin", "there is no container of such a name")]
    [InlineData(".", "there is no container of such a name")]
    public async Task A_container_that_is_not_there_is_a_sentence(string target, string sentence)
    {
        await using var container = new ContainerShells();
        await using var peer = new VshPeer(container.OfVm);

        await peer.SendAsync(In(target, "exit 3"));
        var response = SetupConnectionResponse.Parser.ParseFrom(await peer.ReadFrameAsync().InTime());

        Assert.Equal(ConnectionStatus.Failed, response.Status);
        Assert.StartsWith(sentence, response.Description, StringComparison.Ordinal);
        Assert.Null(await peer.TryReadFrameAsync().InTime());
    }

    [Fact]
    public async Task A_socket_that_no_one_serves_any_more_is_no_running_container()
    {
        using var directory = new TemporaryDirectory();
        Directory.CreateDirectory(directory.File("penguin"));
        Listen(directory, backlog: 8).Dispose();

        Assert.Equal("there is no running container penguin in this VM", await RefusalAsync(directory));
    }

    [Fact]
    public async Task A_shell_server_that_takes_nothing_is_waited_for_a_while_only()
    {
        using var directory = new TemporaryDirectory();
        Directory.CreateDirectory(directory.File("penguin"));
        using var listener = Listen(directory, backlog: 0);
        using var waiting = UnixSocket.Connect(directory.File("penguin/vshd.sock"));

        Assert.Contains("too many wait there already", await RefusalAsync(directory), StringComparison.Ordinal);
    }

    private static VmTools.Linux.FdHandle Listen(TemporaryDirectory directory, int backlog) =>
        UnixSocket.Listen(directory.File("penguin/vshd.sock"), backlog, UnixFileMode.UserRead | UnixFileMode.UserWrite);

    private static async Task<string> RefusalAsync(TemporaryDirectory directory)
    {
        await using var peer = new VshPeer(new SessionPolicy { Containers = new ContainerSockets(directory.Path) });
        await peer.SendAsync(In("penguin", "true"));
        return SetupConnectionResponse.Parser.ParseFrom(await peer.ReadFrameAsync().InTime()).Description;
    }

    private static SetupConnectionRequest In(string target, string script, bool terminal = false)
    {
        var request = VshPeer.Shell(script, terminal);
        request.Target = target;
        return request;
    }

    private static GuestMessage Input(string text) => new()
    {
        DataMessage = new DataMessage { Stream = StdioStream.StdinStream, Data = Google.Protobuf.ByteString.CopyFromUtf8(text) },
    };

    private static byte[] Frame(Google.Protobuf.IMessage message)
    {
        var payload = Google.Protobuf.MessageExtensions.ToByteArray(message);
        return [.. BitConverter.GetBytes(payload.Length), .. payload];
    }
}

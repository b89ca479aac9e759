using System.Buffers.Binary;
using VmTools.Guest.Vshd.Sessions;
using VmTools.Linux.Accounts;
using VmTools.Linux.ProcessControl;
using VmTools.Protocol.Messages.Vsh;
using Xunit;

namespace VmTools.Unit.Guest.Vshd.Sessions;

public sealed class SetupTests
{
    [Fact]
    public async Task The_answer_carries_the_process_id()
    {
        await using var peer = new VshPeer();

        var response = await peer.BeginAsync(VshPeer.Shell("echo $$")).InTime();
        var result = await peer.ReadToEndAsync().InTime();

        Assert.Equal("vsh ready", response.Description);
        Assert.Equal($"{response.Pid}\n", result.Output);
    }

    [Fact]
    public async Task A_request_that_comes_byte_by_byte_is_understood()
    {
        await using var peer = new VshPeer();
        var payload = Google.Protobuf.MessageExtensions.ToByteArray(VshPeer.Shell("exit 9"));
        var frame = new byte[4 + payload.Length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, payload.Length);
        payload.CopyTo(frame, 4);

        foreach (var one in frame)
        {
            await peer.SendRawAsync(new[] { one });
            await Task.Yield();
        }

        _ = await peer.ReadFrameAsync().InTime();
        Assert.Equal(9, (await peer.ReadToEndAsync().InTime()).Code);
    }

    public static TheoryData<SetupConnectionRequest> Impossible => new(
        new SetupConnectionRequest { Nopty = true, Argv = { "/bin/echo", "one\0two" } },
        new SetupConnectionRequest { Nopty = true, Argv = { "/bin/true\0", "x" } },
        new SetupConnectionRequest { Nopty = true, Argv = { "/bin/true" }, Env = { ["A"] = "b\0c" } },
        new SetupConnectionRequest { Nopty = true, Argv = { "/bin/true" }, Env = { ["A\0B"] = "c" } },
        new SetupConnectionRequest { Nopty = true, Argv = { "/bin/true" }, Env = { ["A=B"] = "c" } },
        new SetupConnectionRequest { Nopty = true, Argv = { "/bin/true" }, Env = { [""] = "c" } },
        new SetupConnectionRequest { Nopty = true, Argv = { "/bin/true" }, User = "root\0" },
        new SetupConnectionRequest { Nopty = true, Argv = { "/bin/true" }, Target = "vm_shell\0x" },
        new SetupConnectionRequest { Nopty = true, Argv = { "/bin/true" }, Cwd = "/\0etc" });

    [Theory]
    [MemberData(nameof(Impossible))]
    public async Task What_could_only_be_done_by_half_is_refused_with_a_sentence(SetupConnectionRequest request)
    {
        await using var peer = new VshPeer();

        await peer.SendAsync(request);
        var response = SetupConnectionResponse.Parser.ParseFrom(await peer.ReadFrameAsync().InTime());

        Assert.Equal((ConnectionStatus.Failed, 0), (response.Status, response.Pid));
        Assert.Matches("NUL byte", response.Description);
        Assert.Null(await peer.TryReadFrameAsync().InTime());
    }

    [Fact]
    public async Task The_working_directory_is_the_one_asked_for()
    {
        await using var peer = new VshPeer();
        var request = VshPeer.Shell("pwd");
        request.Cwd = "/usr/bin";

        Assert.Equal("/usr/bin\n", (await peer.RunAsync(request).InTime()).Output);
    }

    [Fact]
    public async Task A_working_directory_that_is_not_there_is_passed_over()
    {
        await using var peer = new VshPeer();
        var request = VshPeer.Shell("pwd");
        request.Cwd = "/no/such/place";

        var result = await peer.RunAsync(request).InTime();

        Assert.Equal(0, result.Code);
        Assert.Equal(Home() + "\n", result.Output);
    }

    [Fact]
    public async Task The_directory_of_another_process_goes_before_the_one_named()
    {
        await using var peer = new VshPeer();
        var request = VshPeer.Shell("pwd");
        request.Cwd = "/usr/bin";
        request.CwdPid = Environment.ProcessId;

        Assert.Equal(Environment.CurrentDirectory + "\n", (await peer.RunAsync(request).InTime()).Output);
    }

    [Fact]
    public async Task Variables_of_the_request_are_set_and_those_of_the_user_win()
    {
        await using var peer = new VshPeer();
        var request = VshPeer.Shell("echo $COLOUR-$TERM-$HOME-$USER-$LOGNAME-${PATH:+path}");
        request.Env.Add("COLOUR", "blue");
        request.Env.Add("HOME", "/elsewhere");

        var result = await peer.RunAsync(request).InTime();

        Assert.Equal($"blue-linux-{Home()}-{Name()}-{Name()}-path\n", result.Output);
    }

    [Fact]
    public async Task Nothing_of_our_own_environment_is_handed_on()
    {
        Environment.SetEnvironmentVariable("VSHD_TEST_SECRET", "x");
        await using var peer = new VshPeer();

        var result = await peer.RunAsync(VshPeer.Shell("echo [$VSHD_TEST_SECRET]")).InTime();

        Assert.Equal("[]\n", result.Output);
    }

    [Fact]
    public async Task Only_the_three_streams_are_open_in_the_program()
    {
        await using var peer = new VshPeer();

        var result = await peer.RunAsync(new SetupConnectionRequest { Argv = { "ls", "/proc/self/fd" }, Nopty = true }).InTime();

        // The fourth is the directory that is being listed.
        Assert.Equal("0\n1\n2\n3\n", result.Output);
    }

    [Fact]
    public async Task Without_a_command_the_login_shell_runs()
    {
        await using var peer = new VshPeer();
        await peer.BeginAsync(new SetupConnectionRequest { Nopty = true });

        await peer.SendInputAsync("echo shell $0; exit 3\n");
        var result = await peer.ReadToEndAsync().InTime();

        Assert.Contains("shell -", result.Output, StringComparison.Ordinal);
        Assert.Equal(3, result.Code);
    }

    [Theory]
    [InlineData("no-such-program-anywhere", 127)]
    [InlineData("/no/such/program", 127)]
    [InlineData("/etc/passwd", 126)]
    [InlineData("/etc", 126)]
    public async Task A_program_that_cannot_be_executed_is_said_to_be_so(string program, int code)
    {
        await using var peer = new VshPeer();

        var result = await peer.RunAsync(new SetupConnectionRequest { Argv = { program }, Nopty = true }).InTime();

        Assert.Equal(code, result.Code);
        Assert.StartsWith($"vshd: {program}: ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_who_does_not_exist_is_refused()
    {
        await using var peer = new VshPeer();
        await peer.SendAsync(new SetupConnectionRequest { User = "nobody-of-this-name", Argv = { "true" } });

        var response = SetupConnectionResponse.Parser.ParseFrom(await peer.ReadFrameAsync().InTime());

        Assert.Equal(ConnectionStatus.Failed, response.Status);
        Assert.Equal("could not find user: nobody-of-this-name", response.Description);
        Assert.Null(await peer.TryReadFrameAsync().InTime());
    }

    [Fact]
    public async Task The_default_user_logs_in_on_the_VM_shell()
    {
        await using var peer = new VshPeer(new SessionPolicy { DefaultUser = Name() });
        var request = VshPeer.Shell("id -un");
        request.Target = "/vm_shell";

        Assert.Equal(Name() + "\n", (await peer.RunAsync(request).InTime()).Output);
    }

    [Theory]
    [InlineData(4097u)]
    [InlineData(0x80000000u)]
    [InlineData(uint.MaxValue)]
    public async Task A_frame_longer_than_the_protocol_allows_ends_the_session(uint length)
    {
        await using var peer = new VshPeer();
        var frame = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(frame, length);

        await peer.SendRawAsync(frame);

        Assert.Null(await peer.TryReadFrameAsync().InTime());
        await peer.Ended.InTime();
    }

    [Fact]
    public async Task A_request_that_cannot_be_read_ends_the_session()
    {
        await using var peer = new VshPeer();

        await peer.SendRawAsync(new byte[] { 3, 0, 0, 0, 0xFF, 0xFF, 0xFF });

        Assert.Null(await peer.TryReadFrameAsync().InTime());
    }

    [Fact]
    public async Task A_frame_of_no_bytes_is_a_request_for_everything_by_default()
    {
        await using var peer = new VshPeer();
        await peer.SendRawAsync(new byte[4]);

        var response = SetupConnectionResponse.Parser.ParseFrom(await peer.ReadFrameAsync().InTime());

        Assert.Equal(ConnectionStatus.Ready, response.Status);
    }

    [Fact]
    public async Task A_host_that_asks_for_nothing_is_not_waited_for_long()
    {
        await using var peer = new VshPeer(new SessionPolicy { SetupLimit = TimeSpan.FromMilliseconds(50) });

        Assert.Null(await peer.TryReadFrameAsync().InTime());
    }

    [Fact]
    public async Task Half_a_request_is_none()
    {
        await using var peer = new VshPeer();
        await peer.SendRawAsync(new byte[] { 100, 0, 0, 0, 1 });

        peer.Close();

        await peer.Ended.InTime();
    }

    [Fact]
    public async Task Rubbish_in_the_middle_ends_the_session_and_hangs_up_the_program()
    {
        await using var peer = new VshPeer();
        var response = await peer.BeginAsync(VshPeer.Shell("echo ready; exec sleep 60", terminal: true)).InTime();
        await peer.ReadUntilAsync("ready").InTime();
        var started = Processes.StartTimeOf(response.Pid) ?? 0;

        await peer.SendRawAsync(new byte[] { 1, 0, 0, 0, 0xFF });
        await peer.Ended.InTime();

        await Waiting.UntilAsync(() => !Processes.IsAlive(response.Pid, started));
    }

    [Fact]
    public async Task Messages_of_other_kinds_are_passed_over()
    {
        await using var peer = new VshPeer();
        await peer.BeginAsync(VshPeer.Shell("read line; echo $line")).InTime();

        await peer.SendAsync(new GuestMessage());
        await peer.SendAsync(new GuestMessage { StatusMessage = new ConnectionStatusMessage { Status = ConnectionStatus.Ready } });
        await peer.SendAsync(new GuestMessage { DataMessage = new DataMessage { Stream = StdioStream.StderrStream } });
        await peer.SendInputAsync("fine\n");

        Assert.Equal("fine\n", (await peer.ReadToEndAsync().InTime()).Output);
    }

    [Fact]
    public async Task The_host_may_end_the_session()
    {
        await using var peer = new VshPeer();
        await peer.BeginAsync(VshPeer.Shell("sleep 60", terminal: true)).InTime();

        await peer.SendAsync(new GuestMessage { StatusMessage = new ConnectionStatusMessage { Status = ConnectionStatus.Exited } });

        await peer.Ended.InTime();
    }

    private static UserEntry Me()
    {
        Assert.True(Users.TryFindById(Users.EffectiveId, out var user));
        return user!;
    }

    private static string Name() => Me().Name;

    private static string Home() => Me().Home;
}

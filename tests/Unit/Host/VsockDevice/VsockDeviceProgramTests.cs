using System.Diagnostics;
using System.Net.Sockets;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.VsockDevice;

/// <summary>The program as a process: what it says, how it ends, what it leaves.</summary>
public sealed class VsockDeviceProgramTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string[] Needed => [$"--socket={_directory.File("vu")}", "--cid=3", $"--vsock-dir={_directory.Path}"];

    [Fact]
    public async Task It_says_ready_when_both_sides_can_connect_and_ends_with_its_front_end()
    {
        using var program = Start(Needed);
        Assert.Equal("ready", await program.StandardOutput.ReadLineAsync(Cancel));
        using (Connect("vu"))
        using (Connect("guest.3"))
        {
            Assert.False(program.WaitForExit(200));
        }

        await program.WaitForExitAsync(Cancel);

        Assert.Equal(0, program.ExitCode);
        Assert.Empty(Directory.GetFiles(_directory.Path));
    }

    [Fact]
    public async Task It_ends_in_order_when_told_to()
    {
        using var program = Start(Needed);
        await program.StandardOutput.ReadLineAsync(Cancel);

        using var kill = Process.Start("/bin/kill", ["-TERM", $"{program.Id}"]);
        await program.WaitForExitAsync(Cancel);

        Assert.Equal(0, program.ExitCode);
        Assert.Empty(Directory.GetFiles(_directory.Path));
    }

    [Theory]
    [InlineData("HUP")]
    [InlineData("USR1")]
    [InlineData("USR2")]
    [InlineData("ALRM")]
    [InlineData("PIPE")]
    public async Task No_other_signal_ends_it(string signal)
    {
        using var program = Start(Needed);
        await program.StandardOutput.ReadLineAsync(Cancel);

        using var kill = Process.Start("/bin/kill", [$"-{signal}", $"{program.Id}"]);
        await kill.WaitForExitAsync(Cancel);

        Assert.False(program.WaitForExit(300));
        using var client = Connect("guest.3");
        program.Kill();
    }

    [Theory]
    [InlineData("--help", "Usage:")]
    [InlineData("-h", "Usage:")]
    [InlineData("--version", "vm_vsock ")]
    public async Task Help_and_version_go_to_standard_output(string option, string text)
    {
        using var program = Start(option);
        var said = await program.StandardOutput.ReadToEndAsync(Cancel);
        await program.WaitForExitAsync(Cancel);

        Assert.Equal((0, ""), (program.ExitCode, await program.StandardError.ReadToEndAsync(Cancel)));
        Assert.Contains(text, said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("--version")]
    public async Task A_help_that_cannot_be_written_is_one_sentence_and_one(string option)
    {
        using var program = StartInShell($"{option} >/dev/full");
        var said = await program.StandardError.ReadToEndAsync(Cancel);
        await program.WaitForExitAsync(Cancel);

        Assert.Equal(1, program.ExitCode);
        Assert.Matches("^vm_vsock: Standard output cannot be written: [^\n]+\n$", said);
    }

    [Fact]
    public async Task It_serves_without_any_standard_descriptor()
    {
        using var program = StartInShell($"{string.Join(' ', Needed)} --log={_directory.File("log")} <&- >&- 2>&-");

        for (var waited = 0; !File.Exists(_directory.File("guest.3")) || !File.Exists(_directory.File("vu")); waited += 10)
        {
            Assert.True(waited < 20_000 && !program.HasExited, "it does not listen");
            await Task.Delay(10, Cancel);
        }

        using (Connect("vu"))
        using (Connect("guest.3"))
        {
            Assert.False(program.WaitForExit(200));
        }

        await program.WaitForExitAsync(Cancel);
        Assert.Equal(0, program.ExitCode);
    }

    [Fact]
    public async Task A_mistake_on_the_command_line_is_said_and_is_two()
    {
        using var program = Start("--cid=x");
        var said = await program.StandardError.ReadToEndAsync(Cancel);
        await program.WaitForExitAsync(Cancel);

        Assert.Equal(2, program.ExitCode);
        Assert.Matches("^vm_vsock: [^\n]*'vm_vsock --help'[^\n]*\n$", said);
    }

    [Fact]
    public async Task An_address_that_another_device_serves_is_not_taken_from_it()
    {
        using var first = Start(Needed);
        await first.StandardOutput.ReadLineAsync(Cancel);

        using var second = Start($"--socket={_directory.File("other")}", "--cid=3", $"--vsock-dir={_directory.Path}");
        await second.WaitForExitAsync(Cancel);

        Assert.Equal(1, second.ExitCode);
        Assert.Contains("guest.3", await second.StandardError.ReadToEndAsync(Cancel));
        using var client = Connect("guest.3");
        first.Kill();
    }

    [Fact]
    public async Task It_gives_up_what_a_guest_could_misuse()
    {
        using var program = Start(Needed);
        await program.StandardOutput.ReadLineAsync(Cancel);

        Assert.Contains("NoNewPrivs:\t1", await File.ReadAllTextAsync($"/proc/{program.Id}/status", Cancel));
        program.Kill();
    }

    public void Dispose() => _directory.Dispose();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "vm_vsock.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(start)!;
    }

    private static Process StartInShell(string line)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "vm_vsock.dll");
        var start = new ProcessStartInfo("/bin/sh", ["-c", $"exec dotnet exec {program} {line}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true
        };
        return Process.Start(start)!;
    }

    private Socket Connect(string name)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(_directory.File(name)));
        return socket;
    }
}

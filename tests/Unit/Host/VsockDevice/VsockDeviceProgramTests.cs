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

    [Fact]
    public async Task A_mistake_on_the_command_line_is_said_and_is_two()
    {
        using var program = Start("--cid=x");
        var said = await program.StandardError.ReadToEndAsync(Cancel);
        await program.WaitForExitAsync(Cancel);

        Assert.Equal(2, program.ExitCode);
        Assert.StartsWith("vm_vsock: ", said);
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

    private Socket Connect(string name)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(_directory.File(name)));
        return socket;
    }
}

using VmTools.Linux;
using VmTools.Linux.Libc;
using VmTools.Linux.ProcessControl;
using VmTools.Linux.Terminals;
using VmTools.Unit.Linux.ProcessControl;
using Xunit;

namespace VmTools.Unit.Linux.Terminals;

public sealed class TerminalTests : IAsyncDisposable
{
    private const uint Echo = 0x8;
    private const uint Canonical = 0x2;

    private readonly Reaper _reaper = Reaper.ForChildren();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_program_works_at_the_terminal_as_at_its_own()
    {
        using var terminal = PseudoTerminal.Open();
        terminal.Resize(33, 77);
        var child = ChildProcess.Spawn(
            new SpawnRequest("/bin/sh", ["sh", "-c", "tty; stty size; echo hello > /dev/tty; ps -o tpgid= -p $$ >/dev/null; exit 4"])
            {
                ControllingTerminal = terminal.SlavePath,
            },
            _reaper);

        var output = await Task.Run(() => ChildOutput.ReadAll(terminal.Master), Cancel);

        Assert.Equal($"{terminal.SlavePath}\r\n33 77\r\nhello\r\n", output);
        Assert.Equal(4, (await child.Exited.WaitAsync(Cancel)).Code);
    }

    [Fact]
    public async Task A_typed_interrupt_reaches_the_foreground_group()
    {
        using var terminal = PseudoTerminal.Open();
        var child = ChildProcess.Spawn(
            new SpawnRequest("/bin/sh", ["sh", "-c", "echo ready; exec sleep 60"]) { ControllingTerminal = terminal.SlavePath }, _reaper);
        var buffer = new byte[64];
        Assert.Equal(Errno.None, await Task.Run(() => Fd.TryRead(terminal.Master, buffer, out _), Cancel));

        Assert.Equal(child.Pid, terminal.ForegroundGroup);
        Assert.Equal(Errno.None, Fd.TryWrite(terminal.Master, "\x03"u8, out _));

        Assert.Equal(Signal.Int, (await child.Exited.WaitAsync(Cancel)).KilledBy);
    }

    [Fact]
    public void A_raw_terminal_is_put_back_as_it_was()
    {
        using var terminal = PseudoTerminal.Open();
        using var slave = FdHandle.Open(terminal.SlavePath, OpenFlags.ReadWrite | OpenFlags.NoControllingTerminal);
        var before = LocalFlags(slave);

        var raw = RawTerminal.Enter(slave);
        var during = LocalFlags(slave);
        raw.Dispose();
        raw.Dispose();

        Assert.Equal(0u, during & (Echo | Canonical));
        Assert.NotEqual(0u, before & Echo);
        Assert.Equal(before, LocalFlags(slave));
    }

    [Fact]
    public void A_size_is_told_by_terminals_that_have_one_and_by_nothing_else()
    {
        using var terminal = PseudoTerminal.Open();
        using var slave = FdHandle.Open(terminal.SlavePath, OpenFlags.ReadWrite | OpenFlags.NoControllingTerminal);
        using var file = FdHandle.Open("/dev/null", OpenFlags.ReadOnly);

        Assert.Null(Terminal.SizeOf(slave));
        terminal.Resize(10, 20);
        Assert.Equal(((ushort)10, (ushort)20), Terminal.SizeOf(slave));
        Assert.Null(Terminal.SizeOf(file));
        Assert.Equal(Errno.ENOTTY, Assert.Throws<LinuxException>(() => RawTerminal.Enter(file)).Errno);
    }

    [Fact]
    public void A_missing_terminal_is_the_spawns_error() =>
        Assert.Equal(Errno.ENOENT, Assert.Throws<LinuxException>(() => ChildProcess.Spawn(
            new SpawnRequest("/bin/true", ["true"]) { ControllingTerminal = "/dev/pts/no" }, _reaper)).Errno);

    public ValueTask DisposeAsync() => _reaper.DisposeAsync();

    private static unsafe uint LocalFlags(FdHandle terminal)
    {
        TerminalSetting setting;
        Syscall.Check(Native.TerminalGet(terminal, &setting), "tcgetattr");
        return setting.Local;
    }
}

using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests;

/// <summary>What a VM says reaches its owner: while it runs, as it dies, and afterwards.</summary>
public sealed class LogsTests : MachineTests, IAsyncLifetime
{
    private Sandbox _sandbox = null!;

    public ValueTask InitializeAsync()
    {
        _sandbox = new Sandbox(nameof(LogsTests));
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _sandbox.DisposeAsync();

    [Fact]
    public async Task What_the_console_says_is_followed_over_a_restart_of_the_VM()
    {
        await _sandbox.StartVmAsync("talker");
        using var following = _sandbox.Command("vmc", "logs", "talker", "-f", "--console", "--grep", "^word ").Start();
        await _sandbox.InGuestAsync("talker", "printf 'word one\\r\\nword \\033[1mtwo\\033[0m\\n' > /dev/console");
        Assert.EndsWith("word one", await LineAsync(following.StandardOutput), StringComparison.Ordinal);
        Assert.EndsWith("word two", await LineAsync(following.StandardOutput), StringComparison.Ordinal);

        Assert.Equal(0, (await _sandbox.VmcAsync("stop", "talker")).Code);
        await _sandbox.StartVmAsync("talker");
        await _sandbox.InGuestAsync("talker", "echo word three > /dev/console");

        Assert.EndsWith("word three", await LineAsync(following.StandardOutput), StringComparison.Ordinal);
        following.StandardOutput.Dispose();
        await following.WaitForExitAsync(Cancel).WaitAsync(Speed.Scale(5), Cancel);
        Assert.Equal(141, following.ExitCode);
    }

    [Fact]
    public async Task A_kernel_that_dies_is_told_with_its_words()
    {
        var vm = await _sandbox.StartVmAsync("victim");

        await _sandbox.VshAsync("victim", "--user=root", "--", "sh", "-c", "echo c > /proc/sysrq-trigger");

        Assert.True(await ProcessTable.HaveEndedAsync([vm.VmmPid, vm.DevicePid], Speed.Scale(5)));
        var told = await _sandbox.VmcAsync("logs", "victim", "--panic", "--severity", "emerg", "--json");
        Assert.Contains(
            "Kernel panic - not syncing: sysrq triggered crash",
            Assert.Single(told.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.Contains("Call Trace:", (await _sandbox.VmcAsync("logs", "victim", "--panic")).Output, StringComparison.Ordinal);
        Assert.Contains("ended:   kernel panic: sysrq triggered crash", await EndedAsync("victim"), StringComparison.Ordinal);
        Assert.Contains(
            "\"kind\": \"kernel\"", (await _sandbox.VmcAsync("crash", "list", "victim", "--json")).Output, StringComparison.Ordinal);
        Assert.Contains("sysrq triggered crash", (await _sandbox.VmcAsync("crash", "show", "latest")).Output, StringComparison.Ordinal);
        var stop = await _sandbox.VmcAsync("stop", "victim");
        Assert.Equal(1, stop.Code);
        Assert.Contains("It died of a kernel panic: sysrq triggered crash", stop.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_flooded_console_costs_neither_the_disk_nor_the_streams()
    {
        await _sandbox.StartVmAsync("flood");
        await _sandbox.InGuestAsync("flood", "dd if=/dev/urandom of=/dev/console bs=64k > /dev/null 2>&1 & echo $! > /tmp/pid");

        for (var round = 0; round < 10; round++)
        {
            Assert.Equal("alive\n", await _sandbox.InGuestAsync("flood", "echo alive"));
        }

        await _sandbox.InGuestAsync("flood", "kill $(cat /tmp/pid)");
        Assert.InRange(
            Directory.GetFiles(_sandbox.State, "console.log*", SearchOption.AllDirectories)
            .Sum(file => new FileInfo(file).Length), 1, 6 << 20);
        Assert.DoesNotContain('\u001b', (await _sandbox.VmcAsync("logs", "flood")).Output);
    }

    /// <summary>What is told of a VM once the daemon, too, knows that it has ended.</summary>
    private async Task<string> EndedAsync(string vm)
    {
        for (var end = DateTime.UtcNow + Speed.Scale(10); ; await Task.Delay(50, Cancel))
        {
            var told = (await _sandbox.VmcAsync("info", vm)).Output;
            if (!told.Contains("state:   running", StringComparison.Ordinal) || DateTime.UtcNow > end)
            {
                return told;
            }
        }
    }

    private static async Task<string> LineAsync(StreamReader output) =>
        await output.ReadLineAsync(Cancel).AsTask().WaitAsync(Speed.Scale(20), Cancel)
            ?? throw new InvalidOperationException("The output ended.");
}

using System.Globalization;
using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests;

/// <summary>The whole of it as a user without any rights, groups or session bus.</summary>
public sealed class UnprivilegedTests : MachineTests, IAsyncLifetime
{
    /// <summary>Debian's "nobody".</summary>
    private const uint Nobody = 65534;

    private Sandbox _sandbox = null!;

    public ValueTask InitializeAsync()
    {
        _sandbox = new Sandbox(nameof(UnprivilegedTests), Environment.UserName == "root" ? Nobody : null);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _sandbox.DisposeAsync();

    [Fact]
    public async Task An_ordinary_user_starts_uses_and_stops_a_machine()
    {
        var vm = await _sandbox.StartVmAsync("mine");
        Assert.NotEqual(0, UidOf(vm.VmmPid));

        var uname = await _sandbox.VshAsync("mine", "--", "uname", "-s");
        var code = await _sandbox.VshAsync("mine", "--", "sh", "-c", "exit 42");
        var list = await _sandbox.VmcAsync("list");
        var stop = await _sandbox.VmcAsync("stop", "mine");

        Assert.Equal("Linux\n", uname.Output);
        Assert.Equal(42, code.Code);
        Assert.Contains("mine", list.Output, StringComparison.Ordinal);
        Assert.True(stop.Code == 0, stop.ToString());
        Assert.Empty(_sandbox.Vms);
    }

    private static int UidOf(int pid) => int.Parse(
        File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[1],
        CultureInfo.InvariantCulture);
}

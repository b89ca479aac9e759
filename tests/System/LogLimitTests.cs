using System.Globalization;
using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests;

/// <summary>A VM that logs more than the host can or will keep: what is left out is counted to the last record.</summary>
public sealed class LogLimitTests : MachineTests, IAsyncLifetime
{
    private const string Vm = "talker";

    /// <summary>More than fits into what a guest keeps while the host takes nothing.</summary>
    private const int MoreThanASpool = 500_000;

    private readonly Sandbox _sandbox = new(nameof(LogLimitTests));

    private LogReader Logs => new(_sandbox, Vm);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _sandbox.DisposeAsync();

    [Fact]
    public async Task A_flood_stays_within_the_limits_of_disk_and_memory_and_others_are_heard()
    {
        const int Seconds = 8;
        await StartAsync();
        await _sandbox.StartVmAsync("other");
        var flood = _sandbox.InGuestAsync(Vm, $"{GuestProgram.Log.Path} flood flood 0 {Seconds}");

        await _sandbox.InGuestAsync("other", "logger -t calm heard");
        Assert.Single(await new LogReader(_sandbox, "other").ReadAsync("--user", "calm: heard", 1));
        var sent = long.Parse(await flood, CultureInfo.InvariantCulture);
        var leftOut = await AddUpAsync(sent);

        Assert.InRange(LogBytes(), 1, 16 << 20);
        Assert.InRange(PeakMiB(_sandbox.PidOf("vmlog_forwarder")), 1, 64);
        Assert.InRange(sent, 20_000, long.MaxValue);
        Assert.InRange(leftOut, 1, sent);
    }

    [Fact]
    public async Task What_a_full_disk_keeps_from_arriving_arrives_later_or_is_counted()
    {
        Configure("records_per_second = 0\nbytes_per_second = 0\nmax_file_bytes = 67108864\nmax_vm_bytes = 268435456\n");
        await StartAsync();
        await _sandbox.VmcAsync("stop", Vm);
        ProcessTable.Send(_sandbox.PidOf("vmlog_forwarder"), 15);
        var logs = Path.GetDirectoryName(
            Path.GetDirectoryName(Directory.GetFiles(_sandbox.State, "console.log", SearchOption.AllDirectories).Single()))!;
        await using var disk = await SmallFileSystem.MountAsync(logs, "128m");
        await _sandbox.StartVmAsync(Vm);
        await _sandbox.InGuestAsync(Vm, "logger -t first words");
        await Logs.ReadAsync("--user", "first: words", 1);
        await disk.FillAsync();

        var flood = _sandbox.InGuestAsync(Vm, $"{GuestProgram.Log.Path} flood flood {MoreThanASpool}");
        await Task.WhenAll(flood, Task.Delay(TimeSpan.FromSeconds(5), Cancel));
        disk.MakeRoom();

        var records = await Logs.ReadToAsync("--user", "^flood: number ", $"flood: number {MoreThanASpool}");
        var leftOut = await Logs.LeftOutAsync("--user");
        Assert.InRange(leftOut, 1, MoreThanASpool);
        Assert.Equal(MoreThanASpool, records.Count + leftOut);
        Assert.True(records.Zip(records.Skip(1)).All(pair => pair.First.Number < pair.Second.Number));
        await _sandbox.VmcAsync("stop", Vm);
    }

    /// <summary>
    /// How many were left out, once they and those that are there are as many as were sent: what is dropped is told a little later.
    /// </summary>
    private async Task<long> AddUpAsync(long sent)
    {
        for (var end = DateTime.UtcNow + Speed.Scale(60); ; await Task.Delay(500, Cancel))
        {
            var (there, leftOut) = ((await Logs.ReadAsync("--user", "^flood: number ")).Count, await Logs.LeftOutAsync("--user"));
            if (there + leftOut == sent)
            {
                return leftOut;
            }

            Assert.True(DateTime.UtcNow < end, $"{sent} were sent, {there} are there and {leftOut} are told of.\n{_sandbox.LogText()}");
        }
    }

    private async Task StartAsync()
    {
        await _sandbox.StartVmAsync(Vm);
        await GuestProgram.Log.InstallAsync(_sandbox, Vm);
    }

    private void Configure(string settings)
    {
        var file = Path.Combine(_sandbox.Directory, "logs.conf");
        File.WriteAllText(file, settings);
        _sandbox["VMTOOLS_LOGS_CONF"] = file;
    }

    private long LogBytes() => Directory.GetFiles(_sandbox.State, "user.log*", SearchOption.AllDirectories)
        .Where(file => file.Contains("dGFsa2Vy", StringComparison.Ordinal)).Sum(file => new FileInfo(file).Length);

    private static double PeakMiB(int pid) => double.Parse(
        File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(':')[1]
            .Replace("kB", "", StringComparison.Ordinal),
        CultureInfo.InvariantCulture) / 1024;
}

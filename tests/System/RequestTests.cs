using System.Globalization;
using System.Text;
using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests;

/// <summary>
/// What a daemon without any VM does with large and hostile requests: it answers, and neither its memory nor its log grows.
/// </summary>
public sealed class RequestTests : MachineTests, IAsyncLifetime
{
    private const string Name = "org.chromium.VmConcierge";
    private const int LogBytes = 5 << 20;
    private const int Calls = 60;

    /// <summary>What the daemon may keep of 60 answers of 5 MiB.</summary>
    private const long MostGrowthKiB = 24 * 1024;

    private Sandbox _sandbox = null!;

    public async ValueTask InitializeAsync()
    {
        _sandbox = new Sandbox(nameof(RequestTests));
        await _sandbox.VmcAsync("list");
    }

    public ValueTask DisposeAsync() => _sandbox.DisposeAsync();

    [Fact]
    public async Task Many_large_logs_leave_the_daemon_as_small_as_it_was()
    {
        var disk = (await _sandbox.VmcAsync("disk", "create", "vm", "--size", "16M")).Output.Trim();
        WriteLog(Path.Combine(Path.GetDirectoryName(disk)!, "log", Path.GetFileNameWithoutExtension(disk)));
        var owner = Path.GetFileName(Path.GetDirectoryName(disk)!);
        byte[] request = [.. Field(1, "vm"), .. Field(2, owner)];
        await CallAsync("GetVmLogs", request);
        var before = ResidentKiB();

        for (var call = 0; call < Calls; call++)
        {
            var answer = await CallAsync("GetVmLogs", request);
            Assert.True(answer.Code == 0, answer.ToString());
        }

        await UntilAsync(() => ResidentKiB() < before + MostGrowthKiB, () => $"It had {before} KiB, and has {ResidentKiB()} KiB.");
    }

    [Fact]
    public async Task Refused_names_are_scrubbed_and_cut_in_the_daemons_log()
    {
        var name = $"\u001b[2J\0{new string('x', 10_000)}";
        for (var call = 0; call < 5; call++)
        {
            await CallAsync("StartVm", [.. Field(4, name), .. Field(7, "0123456789abcdef")], "0");
        }

        var logs = Directory.GetFiles(_sandbox.Runtime, "*.log").Select(File.ReadAllBytes).ToArray();
        Assert.Contains(logs, log => Encoding.UTF8.GetString(log).Contains("was not started", StringComparison.Ordinal));
        Assert.All(logs, log => Assert.DoesNotContain((byte)0x1b, log));
        Assert.All(logs, log => Assert.InRange(log.Length, 0, 64 * 1024));
    }

    private static void WriteLog(string directory)
    {
        Directory.CreateDirectory(directory);
        var lines = new StringBuilder();
        for (var line = 0; lines.Length < LogBytes; line++)
        {
            lines.Append(CultureInfo.InvariantCulture, $"2030-01-01T00:00:00.000000Z <13>  VM(33): line {line} {new string('.', 200)}\n");
        }

        File.WriteAllText(Path.Combine(directory, "user.log"), lines.ToString());
    }

    /// <summary>A text as a field of a protobuf message.</summary>
    private static byte[] Field(int number, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        List<byte> field = [(byte)((number << 3) | 2)];
        var length = (uint)bytes.Length;
        for (; length > 0x7f; length >>= 7)
        {
            field.Add((byte)(length | 0x80));
        }

        return [.. field, (byte)length, .. bytes];
    }

    private Task<CommandResult> CallAsync(string member, byte[] request, params string[] more)
    {
        string[] arguments =
        [
            $"--address=unix:path={Path.Combine(_sandbox.Runtime, "bus")}", "--quiet", "call", Name, "/org/chromium/VmConcierge", Name,
                member,
            more.Length > 0 ? "ayah" : "ay", request.Length.ToString(CultureInfo.InvariantCulture),
            .. request.Select(part => part.ToString(CultureInfo.InvariantCulture)), .. more,
        ];
        return HostCommand.Of("busctl", arguments).RunAsync();
    }

    private long ResidentKiB() => File.ReadLines($"/proc/{_sandbox.PidOf("vm_concierge")}/status")
        .Where(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
        .Select(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture))
        .Single();

    private static async Task UntilAsync(Func<bool> happened, Func<string> orElse)
    {
        for (var end = DateTime.UtcNow + Speed.Scale(20); !happened(); await Task.Delay(100, Cancel))
        {
            Assert.True(DateTime.UtcNow < end, orElse());
        }
    }
}

using System.Globalization;
using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests.Soak;

/// <summary>
/// One random use of a few machines. After each step what must hold is checked: a stop is quick and not forced, a boot finds a file system
/// that was put away in order, a machine that was idle answers, and a machine that is stopped has no process and no file left.
/// </summary>
internal sealed class SoakRun(Sandbox sandbox, Random random, int rounds, Action<string> tell)
{
    /// <summary>A stop that takes longer was not the guest's own.</summary>
    private const double StopSeconds = 2;

    /// <summary>What a daemon may hold more at the end than after the first rounds: its runtime's heap is never quite the same.</summary>
    private const long MemorySlackKiB = 24 * 1024;

    private static readonly string[] Names = ["one", "two"];
    private static readonly int[] IdleSeconds = [0, 1, 3, 5, 10, 13, 15, 20, 31];

    /// <summary>The round after which the daemon is compared with itself at the end.</summary>
    private readonly int _settled = Math.Min(10, rounds / 2);

    private readonly List<TimeSpan> _starts = [];
    private readonly List<TimeSpan> _stops = [];
    private readonly List<TimeSpan> _commands = [];
    private readonly Dictionary<string, int> _remembered = [];
    private int _daemonKills;
    private int _idle;
    private long _memoryBefore;
    private int _filesBefore;

    public string Summary =>
        $"{Figures("start", _starts)}; {Figures("stop", _stops)}; {Figures("command", _commands)}; "
        + $"{_idle} s idle; the daemon was killed {_daemonKills} times and holds {MemoryKiB() >> 10} MiB, {_memoryBefore >> 10} MiB before";

    public void Tell(string line) => tell(line);

    public async Task RoundAsync(int round, CancellationToken cancel)
    {
        var name = Names[random.Next(Names.Length)];
        var steps = new List<string>();
        if (IsRunning(name))
        {
            await UseAsync(name, steps);
        }
        else
        {
            await StartAsync(name, steps);
        }

        var idle = IdleSeconds[random.Next(IdleSeconds.Length)];
        await Task.Delay(TimeSpan.FromSeconds(idle), cancel);
        _idle += idle;
        steps.Add($"idle {idle} s");
        if (random.Next(12) == 0)
        {
            await KillDaemonAsync(steps);
        }

        if (random.Next(2) == 0)
        {
            await UseAsync(name, steps);
        }

        if (random.Next(2) == 0)
        {
            await StopAsync(name, steps);
        }

        if (round == _settled)
        {
            (_memoryBefore, _filesBefore) = (MemoryKiB(), ProcessTable.OpenFiles(Daemon));
        }

        tell(string.Create(CultureInfo.InvariantCulture, $"{round,4} {name}: {string.Join(", ", steps)}"));
    }

    /// <summary>Stops what runs and looks for what is left of it all.</summary>
    public async Task EndAsync(CancellationToken cancel)
    {
        foreach (var name in Names.Where(IsRunning))
        {
            await StopAsync(name, []);
        }

        await Task.Delay(TimeSpan.FromSeconds(2), cancel);
        Assert.Empty(sandbox.Panics());
        var files = ProcessTable.OpenFiles(Daemon);
        Assert.True(_filesBefore == 0 || files <= _filesBefore + 2, $"The daemon had {_filesBefore} open files and has {files}.");
        Assert.True(
            _memoryBefore == 0 || MemoryKiB() <= _memoryBefore + MemorySlackKiB,
            $"The daemon held {_memoryBefore} KiB after {_settled} rounds and holds {MemoryKiB()} KiB.");
    }

    private int Daemon => sandbox.PidOf("vm_concierge");

    private bool IsRunning(string name) => sandbox.Vms.Any(vm => vm.Name == name);

    private async Task StartAsync(string name, List<string> steps)
    {
        var start = await sandbox.VmcAsync("start", name);
        Assert.True(start.Code == 0, $"start {name}: {start}\n{sandbox.LogText()}");
        _starts.Add(start.Took);
        steps.Add(Taking("start", start.Took));

        // The file system of the last run was put away in order, and what was written is there.
        var messages = await sandbox.InGuestAsync(name, "dmesg");
        Assert.DoesNotContain("recovery complete", messages, StringComparison.Ordinal);
        Assert.DoesNotContain("recovering journal", messages, StringComparison.Ordinal);
        if (_remembered.TryGetValue(name, out var written))
        {
            Assert.Equal($"{written}\n", await sandbox.InGuestAsync(name, "cat /mnt/stateful/soak"));
        }
    }

    private async Task UseAsync(string name, List<string> steps)
    {
        var number = random.Next();
        var command = await sandbox.VshAsync(
            name, "--user=root", "--", "sh", "-c", $"echo {number} >/mnt/stateful/soak; logger soak {number}; cat /mnt/stateful/soak");
        Assert.True(command is { Code: 0 } && command.Output == $"{number}\n", $"command in {name}: {command}\n{sandbox.LogText()}");
        _remembered[name] = number;
        _commands.Add(command.Took);
        steps.Add(Taking("command", command.Took));
    }

    private async Task StopAsync(string name, List<string> steps)
    {
        var vm = sandbox.Vm(name);
        var stop = await sandbox.VmcAsync("stop", name);
        Assert.True(
            stop.Code == 0 && !stop.Errors.Contains("did not", StringComparison.Ordinal),
            $"stop {name}: {stop}\n{sandbox.LogText()}");
        Assert.True(stop.Took < Speed.Scale(StopSeconds), $"The stop of {name} took {stop.Took.TotalSeconds:0.0} s.\n{stop}");
        _stops.Add(stop.Took);
        steps.Add(Taking("stop", stop.Took));
        Assert.False(ProcessTable.IsAlive(vm.VmmPid), $"The VMM of {name} lives on.");
        Assert.False(ProcessTable.IsAlive(vm.DevicePid), $"The device of {name} lives on.");
        Assert.DoesNotContain(
            sandbox.Files(), path =>
            path.Contains($"/vm.{vm.Cid}", StringComparison.Ordinal) || path.EndsWith($"guest.{vm.Cid}", StringComparison.Ordinal));
        Assert.DoesNotContain(
            sandbox.Processes, pid =>
                ProcessTable.CommandLineOf(pid).Any(word => word.Contains($"/vm.{vm.Cid}/", StringComparison.Ordinal)));
    }

    /// <summary>The next client starts another, which takes the machines back.</summary>
    private async Task KillDaemonAsync(List<string> steps)
    {
        var daemon = Daemon;
        ProcessTable.Kill(daemon);
        Assert.True(await ProcessTable.HaveEndedAsync([daemon], Speed.Scale(5)), "The daemon outlives SIGKILL.");
        var list = await sandbox.VmcAsync("list");
        Assert.True(list.Code == 0, $"list: {list}");
        _daemonKills++;
        steps.Add("daemon killed");
    }

    private long MemoryKiB()
    {
        var line = File.ReadLines($"/proc/{Daemon}/status").First(text => text.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    private static string Taking(string what, TimeSpan took) =>
        string.Create(CultureInfo.InvariantCulture, $"{what} {took.TotalSeconds:0.00} s");

    private static string Figures(string what, List<TimeSpan> times)
    {
        var sorted = times.Select(time => time.TotalSeconds).Order().ToArray();
        return sorted.Length == 0
            ? $"no {what}"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{sorted.Length} times {what}, median {sorted[sorted.Length / 2]:0.00} s, longest {sorted[^1]:0.00} s");
    }
}

using VmTools.Host.Concierge.HostProcesses;
using VmTools.Host.Vms;
using VmTools.Linux.ProcessControl;
using Xunit;

namespace VmTools.Unit.Host.Concierge.HostProcesses;

/// <summary>A process that another daemon started: its end is seen, and nothing of it stays.</summary>
public sealed class AdoptedProcessTests
{
    [Fact]
    public async Task The_descriptor_goes_with_the_process()
    {
        await using var reaper = Reaper.ForChildren();
        var child = ChildProcess.Spawn(new SpawnRequest("/bin/sleep", ["sleep", "1000"]), reaper);
        var others = DescriptorsOf(child.Pid);
        var adopted = AdoptedProcess.Find(new ProcessRecord(child.Pid, child.StartTime))!;
        var ours = Assert.Single(DescriptorsOf(child.Pid).Except(others));

        adopted.Signal(Signal.Kill);

        Assert.Equal("ended", await adopted.Ended.InTime());
        await Waiting.UntilAsync(() => !IsOfDeadProcess(ours));
        adopted.Signal(Signal.Kill);
    }

    private static string[] DescriptorsOf(int pid) =>
        [.. Directory.GetFiles("/proc/self/fdinfo").Where(file => TextOf(file).Contains($"\nPid:\t{pid}\n", StringComparison.Ordinal))];

    /// <summary>Its number may be another descriptor's by then.</summary>
    private static bool IsOfDeadProcess(string file) => TextOf(file).Contains("\nPid:\t-1\n", StringComparison.Ordinal);

    private static string TextOf(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (IOException)
        {
            return "";
        }
    }
}

using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests;

/// <summary>A program that died in a machine: what the host was told, and the core as the kernel wrote it.</summary>
public sealed record CrashedProgram(CrashReport Report, string Core)
{
    /// <summary>Runs the line in the directory of the programs and waits for the report of the program that dies of it.</summary>
    public static async Task<CrashedProgram> MakeAsync(CrashMachine machine, string line, string program)
    {
        var known = CrashReport.All(machine.Sandbox).Select(report => report.Id).ToHashSet();

        // What the collector counts of crash loops is forgotten, as these are different crashes of one program.
        await machine.Sandbox.InGuestAsync(Machine.Vm, $"rm -f /run/crash_collector/rate; cd {CrashMachine.Place}; {line}; true");
        var report = await ReportAsync(machine.Sandbox, program, known);
        return new CrashedProgram(report, await FetchCoreAsync(machine, report));
    }

    /// <summary>The next report of this program that is not known yet.</summary>
    public static async Task<CrashReport> ReportAsync(Sandbox sandbox, string program, IReadOnlySet<string> known)
    {
        for (var end = DateTime.UtcNow + Speed.Scale(40); ; await Task.Delay(100, TestContext.Current.CancellationToken))
        {
            if (CrashReport.All(sandbox)
                .FirstOrDefault(report => report["exec_name"] == program && !known.Contains(report.Id)) is { } found)
            {
                return found;
            }

            Assert.True(DateTime.UtcNow < end,
                $"No report of {program} came.\n{sandbox.LogText()}\n{(await sandbox.VmcAsync("logs", Machine.Vm, "--user")).Output}");
        }
    }

    private static async Task<string> FetchCoreAsync(CrashMachine machine, CrashReport report)
    {
        var path = Path.Combine(machine.Sandbox.Directory, $"core.{report["pid"]}");
        var result = await machine.Sandbox.VshAsync(
            Machine.Vm, "--user=root", "--", "sh", "-c", $"cd {CrashMachine.Place}/cores && cat {report["pid"]} && rm {report["pid"]}");
        await File.WriteAllBytesAsync(path, result.OutputBytes);
        return path;
    }
}

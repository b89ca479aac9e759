using System.Collections;
using System.Runtime.CompilerServices;
using VmTools.Linux.ProcessControl;
using Xunit;

namespace VmTools.Unit.Linux.ProcessControl;

/// <summary>Runs a test's body in a process of its own: this test program, started again for that one test.</summary>
internal static class OwnProcess
{
    private const string Variable = "VMTOOLS_OWN_PROCESS";

    /// <summary>To be called from a test with all it does; the test fails where the body does, with what it said.</summary>
    public static Task RunAsync(Func<Task> body, CancellationToken cancel, [CallerMemberName] string test = "") =>
        Environment.GetEnvironmentVariable(Variable) == test ? body() : StartAsync(test, cancel);

    private static async Task StartAsync(string test, CancellationToken cancel)
    {
        await using var reaper = Reaper.ForChildren();
        var program = Path.Combine(AppContext.BaseDirectory, "VmTools.Unit");
        var environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(entry => (string)entry.Key, entry => (string)entry.Value!);
        environment[Variable] = test;
        environment["DOTNET_EnableDiagnostics"] = "0";

        var (output, exit) = await ChildOutput.OfAsync(
            new SpawnRequest(program,
                [program, "-noLogo", "-noColor", "-method", $"{typeof(OwnProcessTests).FullName}.{test}"])
            { Environment = environment },
            reaper,
            cancel);

        Assert.True(output.Contains("Total: 1, Errors: 0, Failed: 0, Skipped: 0, Not Run: 0", StringComparison.Ordinal), output);
        Assert.Equal(new ExitStatus(0, null), exit);
    }
}

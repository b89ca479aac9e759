using System.Globalization;
using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests.Soak;

/// <summary>
/// Random use: a few rounds with all other tests, and as many as one likes with <c>make soak</c>. VMTOOLS_SOAK_ROUNDS says how many rounds
/// there are, VMTOOLS_SOAK_SEED which; a seed gives the same rounds again.
/// </summary>
public sealed class SoakTests : MachineTests
{
    private const int UsualRounds = 8;

    [Fact]
    public async Task Machines_in_random_use_start_answer_and_stop_and_leave_nothing_behind()
    {
        var rounds = Setting("VMTOOLS_SOAK_ROUNDS", UsualRounds);
        var seed = Setting("VMTOOLS_SOAK_SEED", Random.Shared.Next());
        await using var sandbox = new Sandbox(nameof(SoakTests));
        var soak = new SoakRun(sandbox, new Random(seed), rounds, line => TestContext.Current.TestOutputHelper!.WriteLine(line));
        try
        {
            for (var round = 1; round <= rounds; round++)
            {
                await soak.RoundAsync(round, Cancel);
            }

            await soak.EndAsync(Cancel);
        }
        finally
        {
            soak.Tell($"seed {seed}: {soak.Summary}");
        }
    }

    private static int Setting(string variable, int usual) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : usual;
}

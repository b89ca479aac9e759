using VmTools.Linux;
using Xunit;

namespace VmTools.Unit.Linux;

/// <summary>Starts this test program again for one of <see cref="OwnProcessTests"/>, which otherwise do not run.</summary>
public sealed class OwnProcessRunner : IAsyncDisposable
{
    private readonly Reaper _reaper = Reaper.ForChildren();

    [Theory]
    [InlineData(nameof(OwnProcessTests.Init_reaps_its_children_and_every_orphan_and_sleeps_while_nothing_ends))]
    [InlineData(nameof(OwnProcessTests.Init_finds_those_that_ended_before_it_looked))]
    [InlineData(nameof(OwnProcessTests.A_hardened_process_has_no_new_privileges_and_cannot_be_dumped))]
    [InlineData(nameof(OwnProcessTests.Exits_are_told_even_where_the_parent_left_them_ignored))]
    public async Task In_a_process_of_its_own(string test)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "VmTools.Unit");
        var method = $"{typeof(OwnProcessTests).FullName}.{test}";

        var (output, exit) = await ChildOutput.OfAsync(
            new SpawnRequest(program, [program, "-noLogo", "-noColor", "-explicit", "only", "-method", method]),
            _reaper,
            TestContext.Current.CancellationToken);

        Assert.Contains("Total: 1, Errors: 0, Failed: 0, Skipped: 0, Not Run: 0", output);
        Assert.Equal(new ExitStatus(0, null), exit);
    }

    public ValueTask DisposeAsync() => _reaper.DisposeAsync();
}

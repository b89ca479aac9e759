using VmTools.Guest.CrashCollector;
using VmTools.Linux.ProcessControl;
using VmTools.Unit.Protocol.Fakes;
using Xunit;

namespace VmTools.Unit.Guest.CrashCollector;

public sealed class InFlightMarkerTests : IDisposable
{
    /// <summary>No process has started after the end of time.</summary>
    private static readonly string OfTheDead = $"{Processes.CurrentId}-{long.MaxValue}";

    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void What_a_collector_works_on_is_not_lost_while_it_lives()
    {
        using var marker = InFlightMarker.Begin(_scratch.Path, "sleep[12]");

        Assert.Empty(InFlightMarker.TakeLost(_scratch.Path));
        Assert.Equal("sleep[12]", File.ReadAllText(Assert.Single(Directory.GetFiles(_scratch.Path))));
    }

    [Fact]
    public void What_a_dead_collector_worked_on_is_lost_and_told_once()
    {
        File.WriteAllText(_scratch.PathOf(OfTheDead), "sleep[12]");

        Assert.Equal(["sleep[12]"], InFlightMarker.TakeLost(_scratch.Path));
        Assert.Empty(InFlightMarker.TakeLost(_scratch.Path));
        Assert.Empty(Directory.GetFiles(_scratch.Path));
    }

    [Fact]
    public void A_collector_that_had_finished_lost_nothing_and_its_marker_goes()
    {
        InFlightMarker.Begin(_scratch.Path, "sleep[12]").Dispose();
        File.Move(Assert.Single(Directory.GetFiles(_scratch.Path)), _scratch.PathOf(OfTheDead));

        Assert.Empty(InFlightMarker.TakeLost(_scratch.Path));
        Assert.Empty(Directory.GetFiles(_scratch.Path));
    }

    [Fact]
    public void A_collector_that_finds_no_room_for_a_marker_works_without_one()
    {
        InFlightMarker.Begin(_scratch.PathOf("nowhere"), "sleep[12]").Dispose();

        Assert.Empty(Directory.GetFiles(_scratch.Path));
    }

    [Fact]
    public async Task One_of_many_collectors_that_look_at_once_tells_of_a_loss()
    {
        File.WriteAllText(_scratch.PathOf(OfTheDead), "sleep[12]");

        var found = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => InFlightMarker.TakeLost(_scratch.Path))));

        Assert.Equal(["sleep[12]"], found.SelectMany(lost => lost));
    }
}

using Microsoft.Extensions.Logging.Abstractions;
using VmTools.Host.Concierge.Vms;
using VmTools.Host.Instance;
using VmTools.Host.Vms;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.Concierge.Vms;

/// <summary>The last ending of each VM on the disk: bounded, and no file there makes a listing fail.</summary>
public sealed class VmEndingsTests : IDisposable
{
    private static readonly VmEnding Killed = new(
        VmStopReason.VmExited, "The VMM was killed by SIGKILL.", new DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.Zero));

    private readonly TemporaryDirectory _directory = new();
    private readonly VmEndings _endings;

    public VmEndingsTests() =>
        _endings = new VmEndings(
        new InstanceDirectories(_directory.File("run"), _directory.File("state"), _directory.File("image")), NullLogger.Instance);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_last_ending_of_a_name_is_kept()
    {
        _endings.Keep(VmId.Parse("abc", "My VM"), Killed with { Sentence = "An older one." });
        _endings.Keep(VmId.Parse("abc", "My VM"), Killed with { IsForced = true });

        Assert.Equal(Killed with { IsForced = true }, _endings.OfOwner(VmId.ParseOwner("abc")).Single().Value);
        Assert.Equal("My VM", Assert.Single(_endings.OfOwner(VmId.ParseOwner("abc"))).Key.Value);
        Assert.Empty(_endings.OfOwner(VmId.ParseOwner("abd")));
    }

    [Fact]
    public void Names_without_end_do_not_fill_the_disk()
    {
        for (var number = 0; number < VmEndings.Most + 5; number++)
        {
            _endings.Keep(VmId.Parse("abc", $"vm{number}"), Killed);
        }

        var kept = _endings.OfOwner(VmId.ParseOwner("abc"));
        Assert.Equal(VmEndings.Most, kept.Count);
        Assert.Contains(VmId.Parse("abc", $"vm{VmEndings.Most + 4}").Name, kept);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[1]")]
    [InlineData("null")]
    public void A_file_that_is_no_ending_is_as_none(string content)
    {
        var id = VmId.Parse("abc", "broken");
        _endings.Keep(id, Killed);
        File.WriteAllText(
            Directory.GetFiles(_directory.File("state"), "*" + VmEndings.Extension, SearchOption.AllDirectories).Single(), content);

        Assert.Empty(_endings.OfOwner(id.Owner));
    }
}

using System.Xml.Linq;
using Xunit;

namespace VmTools.Unit.House;

/// <summary>The arrows between rooms: whoever wants a new one changes ARCHITECTURE.md and this table together.</summary>
public sealed class ReferenceTests
{
    [Theory]
    [InlineData("Crash")]
    [InlineData("Linux")]
    [InlineData("DBus", "Linux")]
    [InlineData("Protocol", "Linux")]
    [InlineData("Virtio", "Linux")]
    [InlineData("Host", "Crash", "DBus", "Linux", "Protocol", "Virtio")]
    [InlineData("Tools", "Host")]
    [InlineData("Device", "Host")]
    [InlineData("Guest", "Crash", "Linux", "Protocol")]
    public void A_room_references_only_the_rooms_its_arrows_allow(string room, params string[] allowed)
    {
        var references = References($"src/{room}/VmTools.{room}.csproj");

        Assert.Equal(allowed.Order(), references.Order());
    }

    [Fact]
    public void System_tests_and_benches_see_the_published_programs_only()
    {
        Assert.Equal(["Harness"], References("tests/System/VmTools.System.csproj"));
        Assert.Equal(["Harness"], References("bench/VmTools.Bench.csproj"));
        Assert.Empty(References("tests/Harness/VmTools.Harness.csproj"));
    }

    private static string[] References(string project) =>
    [
        .. XDocument.Load(Path.Combine(SourceTree.Root, project))
            .Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension((string)reference.Attribute("Include")!)["VmTools.".Length..]),
    ];
}

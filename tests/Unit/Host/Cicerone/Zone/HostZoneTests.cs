using System.Text;
using VmTools.Host.Cicerone.Zone;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.Cicerone.Zone;

/// <summary>The host's time zone as localtime(5) and its file tell it.</summary>
public sealed class HostZoneTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("../usr/share/zoneinfo/Europe/Berlin", "Europe/Berlin")]
    [InlineData("/usr/share/zoneinfo/UTC", "UTC")]
    public void The_link_names_the_zone(string target, string name)
    {
        var link = _directory.File("localtime");
        File.CreateSymbolicLink(link, target);

        Assert.Equal(name, HostZone.Read(link, _directory.Path)!.Value.Name);
    }

    [Fact]
    public void What_names_no_zone_is_none()
    {
        var (link, file) = (_directory.File("link"), _directory.File("file"));
        File.CreateSymbolicLink(link, "/etc/hostname");
        File.WriteAllText(file, "TZif");

        Assert.Null(HostZone.Read(link));
        Assert.Null(HostZone.Read(file));
        Assert.Null(HostZone.Read(_directory.File("nothing")));
    }

    [Theory]
    [InlineData("TZif2...\nCET-1CEST,M3.5.0,M10.5.0/3\n", "CET-1CEST,M3.5.0,M10.5.0/3")]
    [InlineData("TZif2...\n<-05>5\n", "<-05>5")]
    [InlineData("TZif2...\n\n", "")]
    [InlineData("TZif2...", "")]
    [InlineData("TZif\n\x1b[31m\n", "")]
    [InlineData("text\nUTC0\n", "")]
    [InlineData("", "")]
    public void The_footer_is_the_rule(string file, string posix) => Assert.Equal(posix, HostZone.PosixOf(Encoding.UTF8.GetBytes(file)));

    [Fact]
    public void No_name_leads_out_of_the_directory_of_zones()
    {
        File.WriteAllText(_directory.File("secret"), "TZif\nUTC0\n");
        var zones = Directory.CreateDirectory(_directory.File("zones")).FullName;

        Assert.Equal("", HostZone.Named("../secret", zones).Posix);
        Assert.Equal("UTC0", HostZone.Named("secret", _directory.Path).Posix);
    }
}

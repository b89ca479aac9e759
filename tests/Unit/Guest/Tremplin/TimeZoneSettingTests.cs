using VmTools.Guest.Tremplin;
using Xunit;

namespace VmTools.Unit.Guest.Tremplin;

/// <summary>Which texts of the host name a time zone.</summary>
public sealed class TimeZoneSettingTests
{
    [Theory]
    [InlineData("Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3")]
    [InlineData("Etc/GMT+5", "<-05>5")]
    [InlineData("America/Argentina/Buenos_Aires", "")]
    [InlineData("UTC", "UTC0")]
    public void Zones_are_taken(string name, string posix)
    {
        Assert.True(TimeZoneSetting.TryParse(name, posix, out var zone));
        Assert.Equal((name, posix), (zone.Name, zone.Posix));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("../../etc/shadow", "")]
    [InlineData("/etc/shadow", "")]
    [InlineData("Europe//Berlin", "")]
    [InlineData("Europe/", "")]
    [InlineData("-rf", "")]
    [InlineData("Europe/Ber lin", "")]
    [InlineData("Europe/Berlin\n", "")]
    [InlineData("UTC", "UTC0\n")]
    [InlineData("UTC", "$(id)")]
    [InlineData("UTC", "a'b")]
    public void Anything_else_is_refused(string name, string posix) => Assert.False(TimeZoneSetting.TryParse(name, posix, out _));

    [Fact]
    public void Long_texts_are_refused()
    {
        Assert.False(TimeZoneSetting.TryParse(new string('a', 65), "", out _));
        Assert.False(TimeZoneSetting.TryParse("UTC", new string('a', 129), out _));
    }
}

using System.Globalization;
using Microsoft.Extensions.Time.Testing;
using VmTools.Host.Vmc.Logs;
using Xunit;

namespace VmTools.Unit.Host.Vmc.Logs;

public sealed class LogTimeTests
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero));

    public LogTimeTests() => _clock.SetLocalTimeZone(TimeZoneInfo.CreateCustomTimeZone("two", TimeSpan.FromHours(2), "two", "two"));

    [Theory]
    [InlineData("10m", "2026-11-24T11:50:00Z")]
    [InlineData("2h", "2026-11-24T10:00:00Z")]
    [InlineData("30s", "2026-11-24T11:59:30Z")]
    [InlineData("3d", "2026-11-21T12:00:00Z")]
    [InlineData("4000000000d", "1970-01-01T00:00:00Z")]
    [InlineData("now", "2026-11-24T12:00:00Z")]
    [InlineData("today", "2026-11-23T22:00:00Z")]
    [InlineData("yesterday", "2026-11-22T22:00:00Z")]
    [InlineData("10:00", "2026-11-24T08:00:00Z")]
    [InlineData("2026-11-20", "2026-11-19T22:00:00Z")]
    [InlineData("2026-11-20 10:00", "2026-11-20T08:00:00Z")]
    [InlineData("2026-11-20 10:00:05.5", "2026-11-20T08:00:05.5Z")]
    [InlineData("2026-11-20T10:00:05Z", "2026-11-20T10:00:05Z")]
    public void A_time_is_read_in_the_users_zone(string text, string time)
    {
        Assert.True(LogTime.TryParse(text, _clock, out var read));
        Assert.Equal(DateTimeOffset.Parse(time, CultureInfo.InvariantCulture), read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("m")]
    [InlineData("-5m")]
    [InlineData("5 m")]
    [InlineData("24.11.2026")]
    [InlineData("2026-13-01")]
    [InlineData("99999999999d")]
    public void Anything_else_is_not_a_time(string text) => Assert.False(LogTime.TryParse(text, _clock, out _));
}

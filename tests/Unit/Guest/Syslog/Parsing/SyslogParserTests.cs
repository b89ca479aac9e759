using System.Text;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using VmTools.Guest.Syslog.Parsing;
using Xunit;

namespace VmTools.Unit.Guest.Syslog.Parsing;

/// <summary>Datagrams of /dev/log as the original reads them, and as programs write them beyond that.</summary>
public sealed class SyslogParserTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 24, 0, 30, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("<34>Oct 11 22:14:15 mymachine su: failed", nameof(SyslogSeverity.Critical), 19)]
    [InlineData("<165>Aug 24 05:34:00 CST 1987 mymachine", nameof(SyslogSeverity.Notice), 20)]
    [InlineData("<0>1990 Oct 22 10:52:01 TZ-6 scapegoat", nameof(SyslogSeverity.Emergency), 3)]
    [InlineData("Use the BFG!", nameof(SyslogSeverity.Notice), 0)]
    [InlineData("<33>Embedded\0NUL\n", nameof(SyslogSeverity.Alert), 4)]
    [InlineData("<117>text", nameof(SyslogSeverity.Notice), 5)]
    [InlineData("<24975>text", nameof(SyslogSeverity.Notice), 0)]
    [InlineData("<>text", nameof(SyslogSeverity.Notice), 0)]
    [InlineData("<0 hi", nameof(SyslogSeverity.Notice), 0)]
    [InlineData("5> x", nameof(SyslogSeverity.Notice), 0)]
    [InlineData("\0\0\0", nameof(SyslogSeverity.Notice), 0)]
    [InlineData("< 3>x", nameof(SyslogSeverity.Error), 4)]
    [InlineData("<+3>x", nameof(SyslogSeverity.Error), 4)]
    [InlineData("<3 >x", nameof(SyslogSeverity.Notice), 0)]
    public void Severity_and_the_start_of_the_content_are_the_originals(string datagram, string severity, int offset)
    {
        var (actual, _, content) = Parse(datagram);

        Assert.Equal((severity, datagram[offset..]), (actual, content));
    }

    [Theory]
    [InlineData("Jan 17 23:54:11", 15)]
    [InlineData("Jun 2 17:15:47", 14)]
    [InlineData("JUNE  2 17:15:47", 16)]
    [InlineData("Oct 52 11:11:11", 0)]
    [InlineData("Apr 12 35:11:11", 0)]
    [InlineData("22 Feb 11:11:11", 0)]
    [InlineData("Mar 24 kernel:", 0)]
    public void A_time_is_what_strptime_takes(string text, int length)
    {
        var (_, time, content) = Parse($"<13>{text}|");

        Assert.Equal(text[length..] + "|", content);
        Assert.Equal(length == 0, time == Now);
    }

    [Fact]
    public void A_time_gets_the_year_of_now() =>
        Assert.Equal(new DateTimeOffset(2026, 10, 11, 22, 14, 15, TimeSpan.Zero), Parse("<34>Oct 11 22:14:15 su: x").Time);

    [Theory]
    [InlineData("<13>1 2026-11-24T01:02:03.5+01:00 vm app 42 ID [a x=\"\\\"]\"][b] \ufefftext", "app[42]: ID [a x=\"\\\"]\"][b] text")]
    [InlineData("<13>1 2026-11-24T00:02:03.500000Z - app - - - text", "app: text")]
    public void A_header_of_the_newer_form_gives_time_and_tag(string datagram, string content)
    {
        var parsed = Parse(datagram);

        Assert.Equal((new DateTimeOffset(2026, 11, 24, 0, 2, 3, 500, TimeSpan.Zero), content), (parsed.Time, parsed.Content));
    }

    [Theory]
    [InlineData("<13>1 2026-13-24T01:02:03Z vm app - - - x")]
    [InlineData("<13>1 2026-11-24T01:02:03Z vm app - - [open x")]
    [InlineData("<13>1 2026-11-24T01:02:03Z")]
    public void A_header_that_is_not_whole_is_content(string datagram) =>
        Assert.Equal((Now, datagram[4..]), (Parse(datagram).Time, Parse(datagram).Content));

    [Theory]
    [InlineData("")]
    [InlineData("<13>")]
    [InlineData("<13>Oct 11 22:14:15")]
    public void Nothing_is_no_message(string datagram) =>
        Assert.False(new SyslogParser(new FakeTimeProvider(Now)).TryParse(Encoding.Latin1.GetBytes(datagram), out _));

    [Fact]
    public void No_bytes_make_it_throw()
    {
        var parser = new SyslogParser(TimeProvider.System);
        Gen.OneOf(Gen.Byte.Array[0, 80], Gen.String[Gen.Char["<>0139 :-[]\"\\TZJanFeb\0"], 0, 80].Select(Encoding.Latin1.GetBytes))
            .Sample(bytes =>
                parser.TryParse([.. "<13>"u8, .. bytes], out var message) == false || message.Content.Length <= bytes.Length + 4);
    }

    private static (string Severity, DateTimeOffset Time, string Content) Parse(string datagram)
    {
        Assert.True(new SyslogParser(new FakeTimeProvider(Now)).TryParse(Encoding.UTF8.GetBytes(datagram), out var message));
        return (message.Severity.ToString(), message.Time, Encoding.UTF8.GetString(message.Content));
    }
}

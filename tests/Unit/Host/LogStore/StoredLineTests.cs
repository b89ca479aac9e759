using System.Buffers;
using System.Text;
using VmTools.Host.LogStore;
using Xunit;

namespace VmTools.Unit.Host.LogStore;

public sealed class StoredLineTests
{
    private static readonly DateTimeOffset Time = new(2026, 11, 4, 0, 13, 10, 123, 456, TimeSpan.Zero);

    [Fact]
    public void A_line_has_time_priority_tag_and_content()
    {
        Assert.Equal(
            "2026-11-04T00:13:10.123456Z <14>  VM(33): su: it is I\n", Written(new StoredLine(Time, 6, 33, "su: it is I"u8.ToArray())));
    }

    [Fact]
    public void The_host_speaks_in_a_facility_of_its_own()
    {
        var line = Written(new StoredLine(Time, new LogPriority(LogFacility.Syslog, 4), 33, "dropped"u8.ToArray()));

        Assert.Equal("2026-11-04T00:13:10.123456Z <44>  VM(33): dropped\n", line);
        Assert.True(StoredLine.TryParse(Encoding.UTF8.GetBytes(line.TrimEnd('\n')), out var read));
        Assert.Equal((true, 4), (read.IsHosts, read.Severity));
    }

    [Theory]
    [InlineData(0, "")]
    [InlineData(7, " VM(4): forged")]
    [InlineData(3, "größer")]
    public void What_was_written_is_read_back(int severity, string content)
    {
        var line = new StoredLine(Time, severity, uint.MaxValue, Encoding.UTF8.GetBytes(content));

        Assert.True(StoredLine.TryParse(Encoding.UTF8.GetBytes(Written(line).TrimEnd('\n')), out var read));

        Assert.Equal((Time, severity, uint.MaxValue, false), (read.Time, read.Severity, read.Cid, read.IsHosts));
        Assert.Equal(content, Encoding.UTF8.GetString(read.Content.Span));
    }

    [Theory]
    [InlineData("")]
    [InlineData("2026-11-04T00:13:10.123456Z")]
    [InlineData("2026-11-04T00:13:10.123456Z <14>  VM(33)")]
    [InlineData("2026-11-04T00:13:10.123456Z <14>  VM(99999999999): x")]
    [InlineData("2026-11-04T00:13:10.123456Z <>  VM(3): x")]
    [InlineData("2026-13-04T00:13:10.123456Z <14>  VM(33): x")]
    [InlineData("11-04T00:13:10.123456Z <14>  VM(33): x")]
    [InlineData("ü2026-11-04T00:13:10.123456Z <14>  VM(33): x")]
    public void Another_line_is_not_taken_for_one(string text) => Assert.False(StoredLine.TryParse(Encoding.UTF8.GetBytes(text), out _));

    private static string Written(StoredLine line)
    {
        var output = new ArrayBufferWriter<byte>();
        line.WriteTo(output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}

using System.Text;
using CsCheck;
using VmTools.Guest.Syslog.Parsing;
using Xunit;

namespace VmTools.Unit.Guest.Syslog.Parsing;

public sealed class KernelRecordParserTests
{
    [Theory]
    [InlineData("6,339,5140900,-;NET: Registered\n SUBSYSTEM=net\n", nameof(SyslogSeverity.Info), 339, 5140900, false, "NET: Registered")]
    [InlineData("12,5,7,c;user\\x5c \\xc3\\xbc", nameof(SyslogSeverity.Warning), 5, 7, true, "user\\ ü")]
    [InlineData("0,1,2;no flags", nameof(SyslogSeverity.Emergency), 1, 2, false, "no flags")]
    [InlineData("6,1,2,-,caller=T1;more\\xzz\\x1", nameof(SyslogSeverity.Info), 1, 2, false, "more\\xzz\\x1")]
    public void A_record_is_read(string record, string severity, ulong sequence, long microseconds, bool continues, string content)
    {
        var bytes = Encoding.UTF8.GetBytes(record);

        Assert.True(KernelRecordParser.TryParse(bytes, new byte[bytes.Length], out var parsed));

        Assert.Equal(
            (severity, sequence, TimeSpan.FromMicroseconds(microseconds), continues, content),
            (parsed.Severity.ToString(), parsed.Sequence, parsed.SinceBoot, parsed.IsContinuation,
                Encoding.UTF8.GetString(parsed.Content)));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" 6,1,2,-;x")]
    [InlineData("6,1,-;x")]
    [InlineData("6,1;x")]
    [InlineData("6,1,2,-")]
    [InlineData("a,b,c;x")]
    [InlineData("6,99999999999999999999999,2,-;x")]
    public void Anything_else_is_refused(string record) =>
        Assert.False(KernelRecordParser.TryParse(Encoding.ASCII.GetBytes(record), new byte[100], out _));

    [Fact]
    public void No_bytes_make_it_throw() =>
        Gen.OneOf(Gen.Byte.Array[0, 60], Gen.String[Gen.Char["0189,;-c\\x\n "], 0, 60].Select(Encoding.Latin1.GetBytes))
            .Sample(bytes => KernelRecordParser.TryParse(bytes, new byte[bytes.Length], out _) || true);
}

using Google.Protobuf;
using VmTools.Protocol.Messages;
using VmTools.Unit.DBus;
using VmTools.Unit.Host.Hostile;
using VmTools.Unit.Protocol.Fakes;
using Xunit;

namespace VmTools.Unit.Host.LogForwarder.Api;

/// <summary>Calls of the log collector whose messages lie about themselves.</summary>
[Collection(nameof(AloneCollection))]
public sealed class HostileMessageTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(new byte[] { 0, 255, 255, 255, 255 }, "8")]
    [InlineData(new byte[] { 0, 0, 1, 0, 1 }, "8")]
    [InlineData(new byte[] { 1, 0, 0, 0, 4, 1, 2, 3, 4 }, "13")]
    [InlineData(new byte[] { 0, 0, 0, 0, 3, 0x0a, 0x7f, 0x2a }, "13")]
    [InlineData(new byte[] { 0, 0, 0, 0, 0 }, "0")]
    public async Task Lengths_that_lie_get_a_status(byte[] body, string status)
    {
        await using var guest = new HostileGuest(await ServedCollector.StartAsync());
        Assert.Equal(status, await guest.StatusOfAsync(ServedCollector.UserLogs, body));

        await guest.OthersAreServedAsync();
    }

    [Fact]
    public async Task A_compressed_message_is_not_unpacked()
    {
        await using var guest = new HostileGuest(await ServedCollector.StartAsync());
        using var packed = new MemoryStream();
        await using (
            var zip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.SmallestSize, leaveOpen: true))
        {
            await zip.WriteAsync(new byte[8 << 20], Cancel);
        }

        byte[] body = [1, 0, 0, (byte)(packed.Length >> 8), (byte)packed.Length, .. packed.ToArray()];

        Assert.Equal("12", await guest.StatusOfAsync([.. ServedCollector.UserLogs, ("grpc-encoding", "gzip")], body));
        await guest.OthersAreServedAsync();
    }

    [Fact]
    public async Task Groups_in_groups_in_groups_are_not_followed()
    {
        await using var guest = new HostileGuest(await ServedCollector.StartAsync());
        Assert.Equal(
            "13", await guest.StatusOfAsync(ServedCollector.UserLogs, RawHttp2.Framed([.. Enumerable.Repeat((byte)0x0b, 10_000)])));

        await guest.OthersAreServedAsync();
    }

    [Fact]
    public async Task Fields_that_nobody_knows_are_passed_over_as_far_as_a_message_goes()
    {
        await using var guest = new HostileGuest(await ServedCollector.StartAsync());
        byte[] field = [0xf8, 0x07, 0x01];

        Assert.Equal(
            "0", await guest.StatusOfAsync(
            ServedCollector.UserLogs, RawHttp2.Framed([.. Enumerable.Repeat(field, 19_000).SelectMany(part => part)])));
        Assert.Equal(
            "8", await guest.StatusOfAsync(
            ServedCollector.UserLogs, RawHttp2.Framed([.. Enumerable.Repeat(field, 1_000_000).SelectMany(part => part)])));

        await guest.OthersAreServedAsync();
    }

    [Fact]
    public async Task Whatever_a_record_claims_makes_one_clean_line()
    {
        var served = await ServedCollector.StartAsync();
        await using var guest = new HostileGuest(served);
        var odd = new LogRecord
        {
            Severity = (LogSeverity)int.MinValue,
            Timestamp = new Timestamp { Seconds = long.MaxValue, Nanos = int.MinValue },
            Content = ByteString.CopyFrom([0, (byte)'\n', 0x1b, (byte)'[', 0xff, 0xed, 0xa0, 0x80]),
        };

        await served.Guest(ServedCollector.Hostile).CollectUserLogsAsync(new LogRequest { Records = { odd } }, HostileGuest.Soon());

        Assert.EndsWith(
            " <13>  VM(66): #000#012#033[\ufffd\ufffd\ufffd\ufffd", Assert.Single(served.Lines("hostile")), StringComparison.Ordinal);
        await guest.OthersAreServedAsync();
    }
}

using VmTools.Protocol.Grpc;
using Xunit;

namespace VmTools.Unit.Protocol.Grpc;

public sealed class GrpcTimeoutTests
{
    [Theory]
    [InlineData("1H", 3_600_000)]
    [InlineData("2M", 120_000)]
    [InlineData("3S", 3_000)]
    [InlineData("4m", 4)]
    [InlineData("5000u", 5)]
    [InlineData("6000000n", 6)]
    [InlineData("0S", 0)]
    [InlineData("99999999H", 40L * 24 * 3_600_000)]
    public void A_number_and_a_unit_make_a_time(string header, long milliseconds)
    {
        Assert.True(GrpcTimeout.TryParse(header, out var timeout));
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), timeout);
    }

    [Fact]
    public void A_few_nanoseconds_are_not_no_time()
    {
        Assert.True(GrpcTimeout.TryParse("1n", out var timeout));
        Assert.True(timeout > TimeSpan.Zero);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void No_header_is_no_deadline(string? header)
    {
        Assert.True(GrpcTimeout.TryParse(header, out var timeout));
        Assert.Null(timeout);
    }
}

using VmTools.Guest.Tremplin.Listening;
using Xunit;

namespace VmTools.Unit.Guest.Tremplin.Listening;

/// <summary>Reading /proc/PID/net/tcp and tcp6.</summary>
public sealed class ListeningSocketsTests
{
    private const string Title = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

    [Theory]
    [InlineData("00000000:1F90", 8080)]
    [InlineData("0100007F:0016", 22)]
    [InlineData("3500007F:0035", 53)]
    [InlineData("00000000000000000000000000000000:0050", 80)]
    [InlineData("0000000000000000FFFF00000100007F:0BB8", 3000)]
    public void What_loopback_reaches_is_told(string address, int port) =>
        Assert.Equal([(ushort)port], ListeningSockets.Ports(Title + Line(address, "0A")));

    [Theory]
    [InlineData("0205D964:1F90", "0A")]
    [InlineData("00000000000000000000000001000000:1F90", "0A")]
    [InlineData("00000000:1F90", "01")]
    [InlineData("00000000:0000", "0A")]
    [InlineData("00000000:FFFFF", "0A")]
    [InlineData("00000000", "0A")]
    [InlineData("xxxx:1F90", "0A")]
    public void Anything_else_is_not(string address, string state) => Assert.Empty(ListeningSockets.Ports(Line(address, state)));

    [Fact]
    public void Ports_are_sorted_and_told_once_and_are_not_without_end()
    {
        var some = Line("00000000:0050", "0A") + Line("00000000:0016", "0A") + Line("0100007F:0050", "0A");
        Assert.Equal([22, 80], ListeningSockets.Ports(some));

        var many = string.Concat(Enumerable.Range(1, 5000).Select(port => Line($"00000000:{port:X4}", "0A")));
        Assert.Equal(ListeningSockets.Most, ListeningSockets.Ports(many).Count);
    }

    [Fact]
    public void A_listener_of_this_process_is_found()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;

        Assert.Contains((ushort)port, ListeningSockets.Of(Environment.ProcessId));
    }

    private static string Line(string address, string state) =>
        $"   0: {address} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000  1000        0 12345 1 0000000000000000 100\n";
}

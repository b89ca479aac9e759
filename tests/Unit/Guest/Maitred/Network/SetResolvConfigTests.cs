using Microsoft.Extensions.Logging.Abstractions;
using VmTools.Guest.Maitred.Network;
using VmTools.Protocol;
using VmTools.Unit.Protocol.Fakes;
using Xunit;

namespace VmTools.Unit.Guest.Maitred.Network;

public sealed class SetResolvConfigTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    private string File => _scratch.PathOf("resolv.conf");

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Name_servers_are_written_whatever_was_left_behind()
    {
        System.IO.File.WriteAllText($"{File}.tmp", "stale");

        new SetResolvConfig(File, NullLogger.Instance).Run(["10.0.2.3"], ["lan"]);

        Assert.Equal(
            "nameserver 10.0.2.3\nsearch lan\noptions single-request timeout:1 attempts:5\n", System.IO.File.ReadAllText(File));
    }

    [Fact]
    public void A_name_server_that_would_be_two_lines_is_refused()
    {
        var names = new SetResolvConfig(File, NullLogger.Instance);

        var refused = Assert.Throws<VmToolsException>(() => names.Run(["1.1.1.1\noptions x"], []));

        Assert.Equal(ErrorKind.InvalidArgument, refused.Kind);
        Assert.False(System.IO.File.Exists(File));
    }
}

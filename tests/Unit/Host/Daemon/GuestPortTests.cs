using Microsoft.Extensions.Logging.Abstractions;
using VmTools.Host.Daemon;
using VmTools.Host.Instance;
using VmTools.Linux;
using VmTools.Linux.Accounts;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.Daemon;

/// <summary>The port of a daemon for guests, on real sockets: what cannot be made is a sentence and not a defect.</summary>
public sealed class GuestPortTests : IDisposable
{
    private readonly TemporaryDirectory _root = new();

    private HostInstance Instance => new(
        Users.EffectiveId, new InstanceDirectories(_root.File("run"), _root.File("state"), _root.File("image")), "/none",
            TimeProvider.System)
    {
        Environment = _ => null,
    };

    public void Dispose() => _root.Dispose();

    [Fact]
    public async Task The_port_is_a_socket_in_a_directory_of_the_owners_alone()
    {
        await using var server = await ServeAsync();

        Assert.True(File.Exists(Path.Combine(Instance.Directories.Vsock, "host.9999")));
        Assert.Equal(FileModes.OwnerDoesAll, File.GetUnixFileMode(Instance.Directories.Vsock));
    }

    [Fact]
    public async Task A_directory_that_cannot_be_made_is_told_with_its_name()
    {
        Directory.CreateDirectory(Instance.Directories.Runtime);
        await File.WriteAllTextAsync(Instance.Directories.Vsock, "in the way", TestContext.Current.CancellationToken);

        var refused = await Assert.ThrowsAsync<VmToolsException>(ServeAsync);

        Assert.Equal(ErrorKind.PermissionDenied, refused.Kind);
        Assert.Contains(Instance.Directories.Vsock, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_socket_that_cannot_be_made_is_told_with_its_port()
    {
        Directory.CreateDirectory(Path.Combine(Instance.Directories.Vsock, "host.9999"));

        var refused = await Assert.ThrowsAsync<VmToolsException>(ServeAsync);

        Assert.Contains("9999", refused.Message, StringComparison.Ordinal);
    }

    private Task<GrpcServer> ServeAsync() =>
        GuestPort.ServeAsync(Instance, Ports.LogCollector, static _ => { }, new GrpcLimits(), NullLogger.Instance);
}

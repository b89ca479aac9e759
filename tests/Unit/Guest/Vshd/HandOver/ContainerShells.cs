using Microsoft.Extensions.Logging.Abstractions;
using VmTools.Guest.Vshd.HandOver;
using VmTools.Guest.Vshd.Listening;
using VmTools.Guest.Vshd.Loop;
using VmTools.Guest.Vshd.Sessions;
using VmTools.Linux.Accounts;
using VmTools.Linux.ProcessControl;
using VmTools.Linux.Sockets;
using VmTools.Unit.Linux;

namespace VmTools.Unit.Guest.Vshd.HandOver;

/// <summary>A container's shell server at its socket below a directory of the test's own; this process is the VM's root to it.</summary>
internal sealed class ContainerShells : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly FdLoop _loop = new("container test", TimeProvider.System);
    private readonly Reaper _reaper = Reaper.ForChildren();
    private readonly Task _running;
    private VshdListener? _listener;

    public ContainerShells(VmRoot? root = null, TimeSpan? limit = null)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(SocketPath)!);
        var socket = UnixSocket.Listen(SocketPath, 256, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var policy = new SessionPolicy { IsInContainer = true, DefaultUser = OwnUser, LingerLimit = TimeSpan.FromMilliseconds(100) };
        var host = new SessionHost(_loop, policy, _reaper, NullLogger.Instance);
        Sessions = new SessionTable(host);
        var entrance = new PassedEntrance(_loop, Sessions, root ?? ThisProcess, NullLogger.Instance)
        {
            Limit = limit ?? TimeSpan.FromSeconds(20),
        };
        _running = _loop.RunAsync(async () =>
        {
            using (_listener = new VshdListener(host, socket, entrance))
            {
                await _listener.RunAsync();
            }
        });
    }

    public static VmRoot ThisProcess { get; } = new(Users.EffectiveId, Environment.ProcessId);

    public static string OwnUser { get; } = Users.TryFindById(Users.EffectiveId, out var user) ? user.Name : "nobody";

    public string SocketPath => _directory.File("penguin/vshd.sock");

    public SessionTable Sessions { get; }

    /// <summary>What the VM's shell server knows: where its containers' are.</summary>
    public SessionPolicy OfVm => new() { Containers = new ContainerSockets(_directory.Path) };

    public async ValueTask DisposeAsync()
    {
        _loop.Post(() => _listener!.Stop());
        await _running.InTime();
        await _loop.RunAsync(Sessions.StopAsync).InTime();
        await _loop.DisposeAsync();
        await _reaper.DisposeAsync();
        _directory.Dispose();
    }
}

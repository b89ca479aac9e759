using System.Text;
using Microsoft.Extensions.Logging;
using VmTools.Guest.Tremplin.HostDoor;
using VmTools.Linux;
using VmTools.Linux.Accounts;
using VmTools.Linux.Files;
using VmTools.Linux.Memory;
using VmTools.Protocol.Vsock;

namespace VmTools.Guest.Tremplin.Lxc;

/// <summary>
/// The garcon of one running container with its door to the host. It runs as the container's first user, and so not before there is one;
/// the secret by which the host knows the container is passed to it as a file in memory.
/// </summary>
internal sealed class ContainerAgent : IAsyncDisposable
{
    private const int MaxTokenBytes = 64;

    private readonly Lock _gate = new();
    private readonly KeptProgram _garcon;
    private readonly ContainerDoor _door;
    private readonly byte[] _token;
    private UserEntry? _user;
    private bool _closed;

    private ContainerAgent(ContainerName name, TremplinPaths paths, ToolRun tools, IVsockCarrier carrier, TimeProvider clock, ILogger log)
    {
        _token = ReadToken(paths.Token(name));
        _door = ContainerDoor.Open(name, paths, carrier, clock, log);
        _garcon = new KeptProgram("garcon", name, paths, tools, clock, log)
        {
            Command = () => LxcCommands.AttachAs(_user!, name, paths, LxcCommands.Garcon),
            Passed = () => [FileOf(_token)],
            LongestPause = TimeSpan.FromMinutes(1),
        };
    }

    /// <summary>What a start of the container needs: the door's directory, and the secret, which may be empty for no garcon.</summary>
    /// <exception cref="IOException">They cannot be made.</exception>
    public static void Prepare(ContainerRecord container, string token, TremplinPaths paths)
    {
        new DoorDirectories(paths).Make(container);
        AtomicFile.Write(paths.Token(container.Name), Encoding.UTF8.GetBytes(token), FileModes.OwnerReadsAndWrites);
    }

    /// <summary>Opens the door of a container whose init runs.</summary>
    /// <exception cref="IOException">The door cannot be made.</exception>
    public static ContainerAgent Open(
        ContainerName name, TremplinPaths paths, ToolRun tools, IVsockCarrier carrier, TimeProvider clock, ILogger log) =>
        new(name, paths, tools, carrier, clock, log);

    /// <summary>garcon runs as this user from now on; one that runs, also an earlier tremplin's, goes on.</summary>
    public void RunAs(UserEntry user)
    {
        lock (_gate)
        {
            if (_user is null && !_closed && _token.Length > 0)
            {
                _user = user;
                _garcon.TakeOver();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _closed = true;
        }

        await _garcon.DisposeAsync();
        await _door.DisposeAsync();
    }

    /// <summary>None for a container that was started by a tremplin which knew of no secrets.</summary>
    private static byte[] ReadToken(string path)
    {
        try
        {
            return SmallFile.Read(path, MaxTokenBytes);
        }
        catch (LinuxException)
        {
            return [];
        }
    }

    private static FdHandle FileOf(byte[] token)
    {
        var file = MemFd.CreateFixed("token", token.Length);
        var outcome = Fd.TryWriteAt(file, token, 0, out _);
        return outcome == Errno.None ? file : throw new LinuxException(outcome, "write", "memfd");
    }
}

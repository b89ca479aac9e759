using VmTools.Guest.Log;
using VmTools.Linux;
using VmTools.Linux.Sockets;

namespace VmTools.Guest.Maitred.Supervision;

/// <summary>
/// The programs of the guest that maitred starts itself, each behind a socket that listens before it runs. The VM cannot do without them:
/// they are started again for as long as the VM lives.
/// </summary>
internal static class AgentPrograms
{
    /// <summary>The log daemon, by the name under which it runs.</summary>
    public const string Syslog = "vm_syslog";

    /// <summary>The container service, which stops its containers when maitred asks it to.</summary>
    public const string Tremplin = "tremplin";

    /// <summary>
    /// Twice the sessions that vshd has at once: clients that come in a burst wait, and those beyond vshd's limit are told so.
    /// </summary>
    private const int ShellBacklog = 128;

    /// <summary>The shell server's socket, on which connections wait until vshd runs, or while it is started again.</summary>
    public static FdHandle ListenForShells() => VsockSocket.Listen(VsockSocket.AnyCid, Protocol.Ports.Vshd.Value, ShellBacklog);

    /// <summary>vshd, behind the socket that <see cref="ListenForShells"/> made.</summary>
    public static SocketActivation StartShellServer(FdHandle listener, Supervisor supervisor, Task quiet) => new(
        listener,
        new LaunchSpec
        {
            Program = AgentPaths.Agent,
            Arguments = ["vshd", "--listen_fd=3"],
            Respawn = true,
            IsNeeded = true,
        },
        supervisor,
        quiet);

    /// <summary>tremplin, which finds the containers again that an earlier one has started.</summary>
    /// <param name="subnet">The containers' network; empty for its own choice.</param>
    public static LaunchSpec TremplinFor(string subnet) => new()
    {
        Program = AgentPaths.Agent,
        Arguments = subnet.Length > 0 ? [Tremplin, $"-lxd_subnet={subnet}"] : [Tremplin],
        Respawn = true,
        IsNeeded = true,
    };

    /// <summary>
    /// vm_syslog, behind /dev/log, which takes some five hundred datagrams before a program that logs has to wait. In a mount name space of
    /// its own vm_syslog can give everything away, the root too.
    /// </summary>
    public static SocketActivation StartLogDaemon(FdHandle socket, Supervisor supervisor, Task quiet) => new(
        socket,
        new LaunchSpec
        {
            Program = AgentPaths.Agent,
            Arguments = [Syslog],
            Environment = new Dictionary<string, string> { [LogSocket.Variable] = LogSocket.Passed },
            OwnMounts = true,
            Respawn = true,
            IsNeeded = true,
        },
        supervisor,
        quiet);
}

using Microsoft.Extensions.Logging;
using VmTools.Host.Concierge.HostProcesses;
using VmTools.Host.Programs;
using VmTools.Host.Sandbox;
using VmTools.Host.Vms;
using VmTools.Linux;
using VmTools.Linux.ProcessControl;
using VmTools.Linux.Rights;
using VmTools.Linux.Sockets;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Network;

/// <summary>
/// Starts slirp4netns(1), one for each VM, for its "bess" target: a listening SOCK_SEQPACKET socket whose messages are Ethernet frames.
/// It needs no rights and no name space. With <c>--disable-host-loopback</c> the gateway's address, 10.0.2.2, does not lead to the
/// host's loopback, as it does in QEMU's own network, which has no option against it.
/// </summary>
internal sealed partial class SlirpLauncher(Func<string, string?> environment, Reaper reaper, ILogger log) : INetworkLauncher
{
    /// <summary>The first descriptor that a child inherits besides the standard ones.</summary>
    private const string LifeFd = "3";

    public LaunchedNetwork? Launch(VmPaths paths, bool reachesHostLoopback)
    {
        if (HostProgram.Slirp.TryFind(environment) is not { } program)
        {
            LogMissing(paths.Id.Name.Value, HostProgram.Slirp.Advice);
            return null;
        }

        var (vmmEnd, deviceEnd) = UnixSocket.PacketPair();
        var (life, its) = UnixSocket.Pair();
        using (its)
        {
            try
            {
                return new LaunchedNetwork(Spawn(program, ArgumentsFor(program, paths, reachesHostLoopback), its, paths))
                {
                    VmmEnd = vmmEnd,
                    DeviceEnd = deviceEnd,
                    Life = life,
                };
            }
            catch
            {
                vmmEnd.Dispose();
                deviceEnd.Dispose();
                life.Dispose();
                throw;
            }
        }
    }

    private static string[] ArgumentsFor(string program, VmPaths paths, bool reachesHostLoopback) =>
    [
        program,
        "--target-type=bess",
        "--mtu=1500",
        "--enable-seccomp",
        $"--exit-fd={LifeFd}",
        $"--api-socket={paths.NetworkControl}",
        .. reachesHostLoopback ? Array.Empty<string>() : ["--disable-host-loopback"],
        paths.NetworkSocket,
    ];

    /// <summary>
    /// In the place of its own sandbox, which only root has and which needs CAP_SYS_ADMIN: no capabilities, its two sockets, and the
    /// settings, which that one shows it too.
    /// </summary>
    private static Confinement ConfinementFor(string program, VmPaths paths) => new()
    {
        Files = ProgramRules.OfNetwork()
            .AllowRuntime()
            .AllowProgram(program)
            .AllowResolver(withSettings: true)
            .Allow(LandlockAccess.Read | LandlockAccess.MakeSocket | LandlockAccess.RemoveFile, paths.Runtime),
    };

    private ChildHostProcess Spawn(string program, string[] arguments, FdHandle life, VmPaths paths)
    {
        var unconfined = ScriptProgram.ReasonAgainstSandbox(program);
        if (unconfined is not null)
        {
            LogUnconfined(unconfined);
        }

        using var output = ChildLog.Open(paths.NetworkLog);
        try
        {
            return new ChildHostProcess(ChildProcess.Spawn(
                new SpawnRequest(program, arguments)
                {
                    StandardOutput = output,
                    StandardError = output,
                    NewSession = true,
                    PassFds = [life],
                    Confinement = unconfined is null ? ConfinementFor(program, paths) : null,
                },
                reaper));
        }
        catch (LinuxException refused)
        {
            throw new VmToolsException(
                ErrorKind.Unavailable, $"The user-mode network {program} cannot be started ({refused.Errno}). Install it again.", refused);
        }
    }

    [LoggerMessage(
        3090, LogLevel.Warning,
        "VM {Vm} gets the VMM's own network, by which it reaches the host's loopback: there is no slirp4netns. {Advice}")]
    private partial void LogMissing(string vm, string advice);

    [LoggerMessage(3091, LogLevel.Warning, "The user-mode network runs with all our rights: {Why}")]
    private partial void LogUnconfined(string why);
}

using System.Globalization;
using VmTools.Host.Concierge.HostProcesses;
using VmTools.Host.Concierge.Network;
using VmTools.Host.GuestText;
using VmTools.Host.Instance;
using VmTools.Host.LogStore;
using VmTools.Host.Vms;
using VmTools.Linux;
using VmTools.Linux.ProcessControl;
using VmTools.Linux.Sockets;
using VmTools.Protocol;
using VmTools.Protocol.Vsock;

namespace VmTools.Host.Concierge.Device;

/// <summary>Starts <c>vm_vsock</c>, one for each VM, in a session of its own.</summary>
internal sealed class DeviceLauncher(string program, InstanceDirectories directories, Reaper reaper, TimeProvider clock) : IDeviceLauncher
{
    /// <summary>The device only opens two sockets before it says that it is ready.</summary>
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(15);

    /// <summary>The first descriptor that a child inherits besides the standard ones. The next, the network's life, is only held.</summary>
    private const int NetworkFd = 3;

    public LaunchedDevice Launch(VmPaths paths, LaunchedNetwork? network)
    {
        var (ours, its) = UnixSocket.Pair();
        using (its)
        {
            var log = ChildLog.Open(paths.DeviceLog);
            using (log)
            {
                try
                {
                    var process = new ChildHostProcess(ChildProcess.Spawn(RequestFor(paths, network, its, log), reaper));
                    return new LaunchedDevice(process, ReadyAsync(ours, process, paths));
                }
                catch (LinuxException refused)
                {
                    ours.Dispose();
                    throw new VmToolsException(
                        ErrorKind.Unavailable,
                        $"The vsock device {program} cannot be started ({refused.Errno}); 'vmc doctor' tells what is missing.",
                        refused);
                }
            }
        }
    }

    private SpawnRequest RequestFor(VmPaths paths, LaunchedNetwork? network, FdHandle output, FdHandle log)
    {
        string[] arguments =
        [
            program,
            $"--socket={paths.VsockSocket}",
            string.Create(CultureInfo.InvariantCulture, $"--cid={paths.Cid.Value}"),
            $"--vsock-dir={directories.Vsock}",
            $"--log={paths.DeviceLog}",
            $"--console-socket={paths.ConsoleSocket}",
            $"--vm-log-dir={VmLogPaths.Of(paths.Directories, paths.Id).Directory}",
            .. network is null ? Array.Empty<string>() : [$"--network-fd={NetworkFd}", $"--network-socket={paths.NetworkSocket}"],
        ];
        return new SpawnRequest(program, arguments)
        {
            StandardOutput = output,
            StandardError = log,
            NewSession = true,
            PassFds = network is null ? [] : [network.DeviceEnd, network.Life],
        };
    }

    private async Task ReadyAsync(FdHandle ours, ChildHostProcess process, VmPaths paths)
    {
        using var socket = AsyncSocket.Own(ours);
        var line = new byte[16];
        using var deadline = new CancellationTokenSource(ReadyLimit, clock);
        try
        {
            if (await socket.ReceiveAsync(line, deadline.Token) > 0)
            {
                return;
            }
        }
        catch (OperationCanceledException)
        {
            throw Explain(paths, $"did not become ready within {ReadyLimit.TotalSeconds} s");
        }

        throw Explain(paths, await process.Ended);
    }

    private static VmToolsException Explain(VmPaths paths, string how) =>
        new(
            ErrorKind.Unavailable,
            $"The vsock device of VM '{paths.Id}' {how}.{LogTail.Quote("It says", paths.DeviceLog, lines: 4)}");
}

/// <summary>A vsock device and its registration. It ends by itself when the VMM has gone; one that does not is made to.</summary>
internal sealed class DeviceReservation(IHostProcess process, Cid cid, DeviceDirectory directory, TimeProvider clock) : IAsyncDisposable
{
    /// <summary>A device that loses its VMM only has sockets to close.</summary>
    public async ValueTask DisposeAsync()
    {
        directory.Unregister(cid);
        await process.EndAsync(clock);
    }
}

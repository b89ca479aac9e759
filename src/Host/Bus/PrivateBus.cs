using System.Globalization;
using System.Net.Sockets;
using System.Text;
using VmTools.Host.Instance;
using VmTools.Linux;
using VmTools.Protocol;

namespace VmTools.Host.Bus;

/// <summary>
/// The bus of a user without a session bus: a dbus-daemon of our own in the runtime directory. It is started by whoever needs
/// it first, under a lock, and stays: what runs on it outlives the command that started it.
/// </summary>
internal sealed class PrivateBus(HostInstance instance, Action<string> notice)
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(10);

    private readonly PrivateBusFiles _files = new(instance.Directories, instance.ProgramDirectory);

    public string Address => _files.Address;

    /// <summary>Whether somebody listens on the socket; a socket file that a dead bus left behind does not count.</summary>
    public bool IsRunning()
    {
        var outcome = UnixSocket.TryConnect(instance.Directories.PrivateBusSocket, out var probe);
        probe?.Dispose();
        return outcome is Errno.None or Errno.EAGAIN;
    }

    /// <summary>Starts the bus unless it runs. The caller holds <see cref="StartLock"/>.</summary>
    public async Task EnsureAsync(CancellationToken cancel)
    {
        if (IsRunning())
        {
            return;
        }

        notice($"There is no session bus; starting a private one in {instance.Directories.Runtime}.");
        WriteFiles();
        await using var reaper = Reaper.ForChildren();
        var (ours, theirs) = UnixSocket.Pair();
        using var output = AsyncSocket.Own(ours);
        ChildProcess daemon;
        using (theirs)
        {
            daemon = Detached.Start(
                ["dbus-daemon", "--nofork", "--nopidfile", "--print-address=1", $"--config-file={_files.ConfigurationPath}"],
                _files.LogPath, theirs, reaper);
        }

        await WaitForAddressAsync(output, daemon, cancel);
        AtomicFile.Write(
            _files.PidPath, Encoding.ASCII.GetBytes(daemon.Pid.ToString(CultureInfo.InvariantCulture) + "\n"), StartLock.FileMode);
    }

    private void WriteFiles()
    {
        PrivateDirectory.Ensure(_files.ServiceDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        AtomicFile.Write(_files.ConfigurationPath, Encoding.UTF8.GetBytes(_files.Configuration), StartLock.FileMode);
        AtomicFile.Write(_files.ServicePath, Encoding.UTF8.GetBytes(_files.Service), StartLock.FileMode);
    }

    /// <summary>The daemon prints its address once it listens. Its output closes without one when it fails.</summary>
    private async Task WaitForAddressAsync(Socket output, ChildProcess daemon, CancellationToken cancel)
    {
        using var deadline = new CancellationTokenSource(StartLimit, instance.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, deadline.Token);
        try
        {
            if (await output.ReceiveAsync(new byte[512], SocketFlags.None, either.Token) > 0)
            {
                return;
            }
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            // Told below: a bus that neither listens nor ends is as good as none.
        }
        catch (OperationCanceledException)
        {
            daemon.Signal(Signal.Term);
            throw;
        }

        daemon.Signal(Signal.Term);
        throw new VmToolsException(
            ErrorKind.Unavailable, $"The private bus in {instance.Directories.Runtime} did not start.{Detached.LastLines(_files.LogPath)}");
    }
}

using System.Globalization;
using System.Net.Sockets;
using System.Text;
using VmTools.Host.GuestText;
using VmTools.Host.Instance;
using VmTools.Host.Programs;
using VmTools.Linux;
using VmTools.Linux.Accounts;
using VmTools.Linux.Files;
using VmTools.Linux.ProcessControl;
using VmTools.Linux.Sockets;
using VmTools.Protocol;

namespace VmTools.Host.Bus;

/// <summary>
/// The bus of a user without a session bus: a dbus-daemon of our own in the runtime directory. It is started by the command that needs
/// it first, under a lock, and outlives the command that started it; it ends with the daemon that had nothing left to do.
/// </summary>
internal sealed class PrivateBus(HostInstance instance, Action<string> notice)
{
    private const string Program = "dbus-daemon";
    private const int MostPidBytes = 64;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(5);

    private readonly PrivateBusFiles _files = new(instance.Directories, instance.ProgramDirectory);

    /// <summary>Why dbus-daemon turns such a user away, which says nothing but closes the connection.</summary>
    public static string UnknownUser(uint uid) => string.Create(
        CultureInfo.InvariantCulture,
        $"The user id {uid} has no entry in /etc/passwd, and dbus-daemon takes no connections from users that cannot be looked up.");

    /// <summary>The command that gives the user an entry.</summary>
    public static string UserEntry(uint uid) => string.Create(
        CultureInfo.InvariantCulture,
        $"echo 'vmtools:x:{uid}:{Users.EffectiveGroupId}::/tmp:/bin/sh' >>/etc/passwd   "
        + $"# as root, or start the container as a user that it has");

    public string Address => _files.Address;

    /// <summary>Whether a bus listens on the socket; a socket file that a dead bus left behind does not count.</summary>
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

        // One may be left that no client finds any more, because the daemon that was about to end it was killed.
        await EndAsync(cancel);
        notice($"There is no session bus; starting a private one in {instance.Directories.Runtime}.");
        WriteFiles();
        await using var reaper = Reaper.ForChildren();
        var (ours, theirs) = UnixSocket.Pair();
        using var output = AsyncSocket.Own(ours);
        ChildProcess daemon;
        using (theirs)
        {
            daemon = Detached.Start(
                [new ProgramFinder(instance.Environment).Find(Program)
                    ?? Program, "--nofork", "--nopidfile", "--print-address=1", $"--config-file={_files.ConfigurationPath}"],
                _files.LogPath, theirs, DaemonEnvironment.ForBus(instance), reaper);
        }

        await WaitForAddressAsync(output, daemon, cancel);

        // The bus makes its socket for everybody and leaves it to the directory to keep them out.
        File.SetUnixFileMode(instance.Directories.PrivateBusSocket, FileModes.OwnerReadsAndWrites);
        var line = string.Create(CultureInfo.InvariantCulture, $"{daemon.Pid} {daemon.StartTime}\n");
        AtomicFile.Write(_files.PidPath, Encoding.ASCII.GetBytes(line), FileModes.OwnerReadsAndWrites);
    }

    /// <summary>
    /// How many connections the bus has, ours among them, also those that it has not looked at yet: proc_pid_net(5), "unix".
    /// </summary>
    public int CountConnections() =>
        File.ReadLines("/proc/net/unix")
            .Count(line => line.EndsWith(" " + instance.Directories.PrivateBusSocket, StringComparison.Ordinal) && !IsListener(line));

    /// <summary>Hides the bus from clients that come from now on. The caller holds <see cref="StartLock"/>.</summary>
    public void Hide() => File.Move(instance.Directories.PrivateBusSocket, _files.EndingSocketPath, overwrite: true);

    public void Show() => File.Move(_files.EndingSocketPath, instance.Directories.PrivateBusSocket, overwrite: true);

    /// <summary>Ends the bus, if it runs, and all that is connected to it. The caller holds <see cref="StartLock"/>.</summary>
    public async Task EndAsync(CancellationToken cancel)
    {
        if (TryReadPid() is (var pid, var startTime) && !await DaemonEnd.RunAsync(pid, startTime, EndLimit, instance.Clock, cancel))
        {
            using var stubborn = ProcessWatch.TryOpen(pid, startTime);
            stubborn?.Signal(Signal.Kill);
        }

        File.Delete(_files.EndingSocketPath);
        File.Delete(_files.PidPath);
    }

    /// <summary>The flag __SO_ACCEPTCON of the fourth column.</summary>
    private static bool IsListener(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, _, _, "00010000", ..];

    private (int Pid, long StartTime)? TryReadPid()
    {
        try
        {
            var words = Encoding.ASCII.GetString(SmallFile.Read(_files.PidPath, MostPidBytes)).TrimEnd('\n').Split(' ');
            return words.Length == 2
                && int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                && long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var startTime)
                    ? (pid, startTime)
                    : null;
        }
        catch (LinuxException)
        {
            return null;
        }
    }

    private void WriteFiles()
    {
        PrivateDirectory.Ensure(_files.ServiceDirectory, FileModes.OwnerDoesAll);
        AtomicFile.Write(_files.ConfigurationPath, Encoding.UTF8.GetBytes(_files.Configuration), FileModes.OwnerReadsAndWrites);
        AtomicFile.Write(_files.ServicePath, Encoding.UTF8.GetBytes(_files.Service), FileModes.OwnerReadsAndWrites);
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
            ErrorKind.Unavailable,
            $"The private bus in {instance.Directories.Runtime} did not start.{LogTail.Quote("It last said", _files.LogPath, lines: 5)}");
    }
}

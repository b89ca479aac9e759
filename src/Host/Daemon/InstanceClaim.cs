using System.Globalization;
using Microsoft.Extensions.Logging;
using VmTools.Host.Bus;
using VmTools.Host.Instance;
using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Protocol;

namespace VmTools.Host.Daemon;

/// <summary>
/// A daemon's hold on its instance: one daemon of a name serves a state directory, and one a runtime directory. The lock of the state
/// stands beside what it guards, the disks and logs, as two callers may share these and have different runtime directories. Once held,
/// the daemon's record is written, by which other programs find it.
/// </summary>
internal sealed partial class InstanceClaim : IDisposable
{
    /// <summary>Time for a holder that ends between a look at its lock and one at its record.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly FileLock _state;
    private readonly FileLock _runtime;
    private readonly ILogger _log;

    private InstanceClaim(FileLock state, FileLock runtime, DaemonRecord record, ILogger log)
    {
        (_state, _runtime, _log) = (state, runtime, log);
        Record = record;
        Write();
    }

    /// <summary>What is written down.</summary>
    public DaemonRecord Record { get; private set; }

    /// <exception cref="VmToolsException">Another daemon has the place, or a directory cannot be used.</exception>
    public static async Task<InstanceClaim> TakeAsync(HostInstance instance, DaemonRecord record, ILogger log)
    {
        instance.EnsureState();
        instance.EnsureRuntime();
        var state = await LockAsync(instance, record, record.State);
        try
        {
            return new InstanceClaim(state, await LockAsync(instance, record, record.Runtime), record, log);
        }
        catch
        {
            state.Dispose();
            throw;
        }
    }

    /// <summary>Tells a daemon that wants the place to wait for it.</summary>
    public void Leave()
    {
        Record = Record with { IsEnding = true };
        Write();
    }

    /// <summary>The daemon goes on after all.</summary>
    public void Stay()
    {
        Record = Record with { IsEnding = false };
        Write();
    }

    public void Dispose()
    {
        _runtime.Dispose();
        _state.Dispose();
    }

    private static async Task<FileLock> LockAsync(HostInstance instance, DaemonRecord wanted, string directory)
    {
        var start = instance.Clock.GetTimestamp();
        while (true)
        {
            if (TryLock(instance, Path.Combine(directory, $"{wanted.Program}.lock")) is { } taken)
            {
                return taken;
            }

            var holder = DaemonRecord.TryRead(wanted.State, wanted.Program) is { IsAlive: true } alive ? alive : null;
            if (instance.Clock.GetElapsedTime(start) >= (holder is { IsEnding: true } ? DaemonEnd.DaemonLimit : Grace))
            {
                throw Served(wanted, directory, holder);
            }

            await Task.Delay(Pause, instance.Clock);
        }
    }

    private static FileLock? TryLock(HostInstance instance, string path)
    {
        try
        {
            return FileLock.TryTake(path);
        }
        catch (LinuxException refused) when (refused.Errno is Errno.ENOLCK or Errno.EOPNOTSUPP or Errno.ENOSYS or Errno.EINVAL)
        {
            throw new VmToolsException(
                ErrorKind.FailedPrecondition,
                $"{Path.GetDirectoryName(path)} is on a file system without locks ({refused.Errno}), "
                + "so a second daemon could not be kept off. "
                + "Set VMTOOLS_STATE_DIR and VMTOOLS_RUNTIME_DIR to directories that have them (flock).",
                refused);
        }
        catch (LinuxException refused)
        {
            throw instance.StateUnusable(refused);
        }
    }

    private static VmToolsException Served(DaemonRecord wanted, string directory, DaemonRecord? holder)
    {
        var who = holder is null
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $" (pid {holder.Pid}, runtime directory {holder.Runtime})");
        return new VmToolsException(
            ErrorKind.AlreadyExists,
            $"Another {wanted.Program}{who} serves {directory} already. Use that one, which 'vmc daemon status' shows, "
            + "or set both VMTOOLS_STATE_DIR and VMTOOLS_RUNTIME_DIR for a second.");
    }

    /// <summary>
    /// A full disk must not keep a daemon from starting, which may be needed to make room: only a second login does not find it then.
    /// </summary>
    private void Write()
    {
        try
        {
            Record.Write();
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            LogUnwritten(Record.State, refused.Message);
        }
    }

    [LoggerMessage(
        3023, LogLevel.Warning, "The record of this daemon cannot be written to {State}, so other logins may not find it: {Why}")]
    private partial void LogUnwritten(string state, string why);
}

using VmTools.Linux.ProcessControl;

namespace VmTools.Guest.Tremplin.Lxc;

/// <summary>The two processes that are a container's in the VM: LXC's monitor, and the init that it has started and waits for.</summary>
internal sealed class LxcProcesses : IDisposable
{
    private readonly ProcessWatch _init;

    private LxcProcesses(ProcessWatch monitor, ProcessWatch init, int initPid) => (Monitor, _init, Init) = (monitor, init, initPid);

    public ProcessWatch Monitor { get; }

    public int Init { get; }

    /// <summary>Null where the monitor or init has ended already.</summary>
    public static LxcProcesses? TryFind(int monitorPid)
    {
        if (Processes.StartTimeOf(monitorPid) is not { } startTime || ProcessWatch.TryOpen(monitorPid, startTime) is not { } monitor)
        {
            return null;
        }

        foreach (var pid in Processes.ChildrenOf(monitorPid))
        {
            if (Processes.StartTimeOf(pid) is { } initStart && ProcessWatch.TryOpen(pid, initStart) is { } init)
            {
                return new LxcProcesses(monitor, init, pid);
            }
        }

        monitor.Dispose();
        return null;
    }

    /// <summary>The name of the file that this init runs, whatever it calls itself; empty where it is gone.</summary>
    public static string ProgramOf(int init)
    {
        try
        {
            return Path.GetFileName(new FileInfo($"/proc/{init}/exe").LinkTarget) ?? "";
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>Whether this init is systemd, which is what it runs and not what it calls itself.</summary>
    public static bool IsSystemd(int init) => ProgramOf(init) == "systemd";

    public void SignalInit(Signal signal) => _init.Signal(signal);

    public void Dispose()
    {
        Monitor.Dispose();
        _init.Dispose();
    }
}

namespace VmTools.Protocol.Wire;

/// <summary>
/// The names of the fields in a CrashReport's metadata (vm_crash.proto). The guest's crash_collector writes them and the host reads them;
/// all values are text. The names are those of ChromeOS crash reports where there is one.
/// </summary>
public static class CrashFields
{
    /// <summary>The file name of the program that died.</summary>
    public const string ExecutableName = "exec_name";

    /// <summary>The path of the program in its own mount name space; the kernel adds " (deleted)" where the file is gone.</summary>
    public const string ExecutablePath = "exec_path";

    /// <summary>The process as the VM numbers it.</summary>
    public const string Pid = "pid";

    /// <summary>The process as its own process name space numbers it.</summary>
    public const string InnerPid = "inner_pid";

    /// <summary>The thread that died, as the VM numbers it.</summary>
    public const string Tid = "tid";

    public const string Uid = "uid";

    public const string Gid = "gid";

    /// <summary>How far the process may be dumped: PR_GET_DUMPABLE (prctl(2)).</summary>
    public const string DumpMode = "dump_mode";

    /// <summary>"true" or "false".</summary>
    public const string InContainer = "in_container";

    /// <summary>The name of the container that it ran in; absent outside of one.</summary>
    public const string Container = "container_name";

    /// <summary>How long the process had run, in milliseconds.</summary>
    public const string UpTimeMillis = "upload_var_ptime";

    /// <summary>When the process died by the guest's clock, in milliseconds since 1970.</summary>
    public const string TimeMillis = "os_millis";

    /// <summary>The same number as <see cref="TimeMillis"/>, for the collection server.</summary>
    public const string ReportTimeMillis = "upload_var_reportTimeMillis";

    /// <summary>"user": the report is of a user-space program.</summary>
    public const string Collector = "upload_var_collector";

    public const string OsName = "upload_var_osName";

    public const string OsVersion = "upload_var_osVersion";

    /// <summary>PRETTY_NAME of the VM (os-release(5)), for the collection server.</summary>
    public const string UploadedVmRelease = "upload_var_vm_os_release";

    /// <summary>PRETTY_NAME of the VM (os-release(5)).</summary>
    public const string VmRelease = "vm_os_release";

    /// <summary>PRETTY_NAME of the container; absent outside of one.</summary>
    public const string ContainerRelease = "container_os_release";

    /// <summary>Release and version of the guest's kernel (uname(2)).</summary>
    public const string Kernel = "kernel";

    /// <summary>The number of the signal that ended the process.</summary>
    public const string Signal = "sig";

    /// <summary>The signal's name (signal(7)).</summary>
    public const string SignalName = "sig_name";

    /// <summary>si_code of the signal (sigaction(2)); absent where the core has none.</summary>
    public const string SignalCode = "sig_code";

    /// <summary>The address that the process could not access, as 0x and hexadecimal digits; absent for other signals.</summary>
    public const string FaultAddress = "fault_address";

    /// <summary>How many threads the core has.</summary>
    public const string Threads = "threads";

    /// <summary>How long the core was, in bytes.</summary>
    public const string CoreBytes = "core_bytes";

    /// <summary>How much of the core could be read, in one word.</summary>
    public const string CoreState = "core_state";

    /// <summary>Why there is no minidump, or not all of one; absent where nothing is missing.</summary>
    public const string DumpProblem = "dump_problem";

    /// <summary>How many crashes of the same program were not reported since the last one that was.</summary>
    public const string Suppressed = "suppressed";

    /// <summary>The name that the minidump would have as a file; absent without one.</summary>
    public const string Payload = "payload";

    /// <summary>"1": the report is whole.</summary>
    public const string Done = "done";

    /// <summary>How many earlier reports of the VM were lost; absent where none was.</summary>
    public const string Dropped = "dropped";
}

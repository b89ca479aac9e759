using System.Globalization;
using Google.Protobuf;
using VmTools.Guest.CrashCollector.Facts;
using VmTools.Linux;
using VmTools.Protocol.Messages.Cicerone;

namespace VmTools.Guest.CrashCollector.Reports;

/// <summary>Makes the message for the host: names and values, the minidump, the process tree.</summary>
internal sealed class CrashReportBuilder(CrashNotice notice, ProcessSnapshot snapshot, DateTimeOffset time)
{
    public const int MaxValue = 1024;
    public const int MaxTree = 48 * 1024;

    private const string Deleted = " (deleted)";

    private readonly CrashReport _report = new();

    public static string NameOf(string executable)
    {
        var path = WithoutMark(executable);
        var name = path[(path.LastIndexOf('/') + 1)..];
        return name.Length > 0 ? name : "unknown";
    }

    /// <summary>The path without the word the kernel adds when the file is gone.</summary>
    public static string WithoutMark(string executable) =>
        executable.EndsWith(Deleted, StringComparison.Ordinal) ? executable[..^Deleted.Length] : executable;

    public CrashReport Build(CoreSummary core, int suppressed)
    {
        AddProcess();
        AddMachine();
        AddCore(core);
        Add("suppressed", suppressed);
        if (!core.Minidump.IsEmpty)
        {
            _report.Minidump = UnsafeByteOperations.UnsafeWrap(core.Minidump);
            Add("payload", PayloadName());
        }

        _report.ProcessTree = snapshot.ProcessTree[..Math.Min(snapshot.ProcessTree.Length, MaxTree)];
        Add("done", 1);
        return _report;
    }

    private void AddProcess()
    {
        Add("exec_name", NameOf(snapshot.Executable));
        Add("exec_path", snapshot.Executable);
        Add("pid", notice.Pid);
        Add("inner_pid", notice.InnerPid);
        Add("tid", notice.Tid);
        Add("uid", notice.Uid);
        Add("gid", notice.Gid);
        Add("dump_mode", notice.DumpMode);
        Add("in_container", snapshot.IsInContainer ? "true" : "false");
        Add("upload_var_ptime", (long)snapshot.Age.TotalMilliseconds);
    }

    private void AddMachine()
    {
        var kernel = Machine.Uname();
        var milliseconds = time.ToUnixTimeMilliseconds();
        Add("os_millis", milliseconds);
        Add("upload_var_reportTimeMillis", milliseconds);
        Add("upload_var_collector", "user");
        Add("upload_var_osName", "Linux");
        Add("upload_var_osVersion", kernel.Release);
        Add("upload_var_vm_os_release", snapshot.VmRelease);
        Add("vm_os_release", snapshot.VmRelease);
        Add("kernel", $"{kernel.Release} {kernel.Version}");
        if (snapshot.ContainerRelease.Length > 0)
        {
            Add("container_os_release", snapshot.ContainerRelease);
        }
    }

    private void AddCore(CoreSummary core)
    {
        var signal = core.Signal ?? notice.Signal;
        Add("sig", signal);
        Add("sig_name", SignalName(signal));
        Add("threads", core.Threads);
        Add("core_bytes", core.CoreBytes);
        Add("core_state", core.State);
        if (core.SignalCode is { } code)
        {
            Add("sig_code", code);
        }

        if (core.FaultAddress is { } address)
        {
            Add("fault_address", $"0x{address:x}");
        }

        if (core.Problem.Length > 0)
        {
            Add("dump_problem", core.Problem);
        }
    }

    private string PayloadName()
    {
        var name = string.Concat(NameOf(snapshot.Executable).Take(64).Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));
        return string.Create(CultureInfo.InvariantCulture, $"{name}.{time.UtcDateTime:yyyyMMdd.HHmmss}.{notice.Pid}.dmp");
    }

    /// <summary>As signal(7) has it; real-time signals have numbers only.</summary>
    internal static string SignalName(int signal) =>
        Enum.IsDefined((Signal)signal)
            ? "SIG" + ((Signal)signal).ToString().ToUpperInvariant()
            : string.Create(CultureInfo.InvariantCulture, $"signal {signal}");

    private void Add(string key, IFormattable value) => Add(key, value.ToString(null, CultureInfo.InvariantCulture));

    /// <summary>One line of bounded length, whatever a process has chosen to call itself.</summary>
    private void Add(string key, string value) =>
        _report.Metadata[key] = string.Concat(value.Take(MaxValue).Select(c => char.IsControl(c) ? ' ' : c));
}

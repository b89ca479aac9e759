using System.Globalization;
using VmTools.Guest.CrashCollector.Facts;
using VmTools.Guest.HostCall;
using VmTools.Linux.MachineFacts;
using VmTools.Linux.ProcessControl;
using VmTools.Protocol.Wire;

namespace VmTools.Guest.CrashCollector.Reports;

/// <summary>Makes the report for the host: names and values, the minidump, the process tree.</summary>
internal sealed class CrashReportBuilder(CrashNotice notice, ProcessSnapshot snapshot, DateTimeOffset time)
{
    /// <summary>The longest value of a field, in characters.</summary>
    public const int MaxValue = 1024;

    /// <summary>The longest process tree, in characters.</summary>
    public const int MaxTree = 48 * 1024;

    private const string Deleted = " (deleted)";

    private readonly Dictionary<string, string> _fields = new(StringComparer.Ordinal);

    public static string NameOf(string executable)
    {
        var path = WithoutMark(executable);
        var name = path[(path.LastIndexOf('/') + 1)..];
        return name.Length > 0 ? name : "unknown";
    }

    /// <summary>The path without the word the kernel adds when the file is gone.</summary>
    public static string WithoutMark(string executable) =>
        executable.EndsWith(Deleted, StringComparison.Ordinal) ? executable[..^Deleted.Length] : executable;

    public CrashReportContent Build(CoreSummary core, int suppressed)
    {
        AddProcess();
        AddMachine();
        AddCore(core);
        Add(CrashFields.Suppressed, suppressed);
        if (!core.Minidump.IsEmpty)
        {
            Add(CrashFields.Payload, PayloadName());
        }

        Add(CrashFields.Done, 1);
        return new CrashReportContent(_fields, core.Minidump, snapshot.ProcessTree[..Math.Min(snapshot.ProcessTree.Length, MaxTree)]);
    }

    private void AddProcess()
    {
        Add(CrashFields.ExecutableName, NameOf(snapshot.Executable));
        Add(CrashFields.ExecutablePath, snapshot.Executable);
        Add(CrashFields.Pid, notice.Pid);
        Add(CrashFields.InnerPid, notice.InnerPid);
        Add(CrashFields.Tid, notice.Tid);
        Add(CrashFields.Uid, notice.Uid);
        Add(CrashFields.Gid, notice.Gid);
        Add(CrashFields.DumpMode, notice.DumpMode);
        Add(CrashFields.InContainer, snapshot.IsInContainer ? "true" : "false");
        if (snapshot.Container.Length > 0)
        {
            Add(CrashFields.Container, snapshot.Container);
        }

        Add(CrashFields.UpTimeMillis, (long)snapshot.Age.TotalMilliseconds);
    }

    private void AddMachine()
    {
        var kernel = Machine.Uname();
        var milliseconds = time.ToUnixTimeMilliseconds();
        Add(CrashFields.TimeMillis, milliseconds);
        Add(CrashFields.ReportTimeMillis, milliseconds);
        Add(CrashFields.Collector, "user");
        Add(CrashFields.OsName, "Linux");
        Add(CrashFields.OsVersion, kernel.Release);
        Add(CrashFields.UploadedVmRelease, snapshot.VmRelease);
        Add(CrashFields.VmRelease, snapshot.VmRelease);
        Add(CrashFields.Kernel, $"{kernel.Release} {kernel.Version}");
        if (snapshot.ContainerRelease.Length > 0)
        {
            Add(CrashFields.ContainerRelease, snapshot.ContainerRelease);
        }
    }

    private void AddCore(CoreSummary core)
    {
        var signal = core.Signal ?? notice.Signal;
        Add(CrashFields.Signal, signal);
        Add(CrashFields.SignalName, ((Signal)signal).Name());
        Add(CrashFields.Threads, core.Threads);
        Add(CrashFields.CoreBytes, core.CoreBytes);
        Add(CrashFields.CoreState, core.State);
        if (core.SignalCode is { } code)
        {
            Add(CrashFields.SignalCode, code);
        }

        if (core.FaultAddress is { } address)
        {
            Add(CrashFields.FaultAddress, $"0x{address:x}");
        }

        if (core.Problem.Length > 0)
        {
            Add(CrashFields.DumpProblem, core.Problem);
        }
    }

    private string PayloadName()
    {
        var name = string.Concat(NameOf(snapshot.Executable).Take(64).Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));
        return string.Create(CultureInfo.InvariantCulture, $"{name}.{time.UtcDateTime:yyyyMMdd.HHmmss}.{notice.Pid}.dmp");
    }

    private void Add(string name, IFormattable value) => Add(name, value.ToString(null, CultureInfo.InvariantCulture));

    /// <summary>One line of bounded length, whatever a process has chosen to call itself.</summary>
    private void Add(string name, string value) =>
        _fields[name] = string.Concat(value.Take(MaxValue).Select(c => char.IsControl(c) ? ' ' : c));
}

using Microsoft.Extensions.Logging;
using VmTools.Guest.Log;
using VmTools.Linux;
using VmTools.Linux.MachineFacts;
using VmTools.Linux.ProcessControl;
using VmTools.Linux.Rights;
using VmTools.Linux.Sockets;
using VmTools.Linux.Terminals;
using VmTools.Protocol.Wire;

namespace VmTools.Guest.Maitred.Boot;

/// <summary>
/// What PID 1 does before anything else, in one thread and without a wait: 1 standard streams and signals; 2 the first mounts and the
/// log; 3 modules; 4 the root file system; 5 the mount table; 6 limits, settings and who gets core dumps; 7 session and console; 8 name and
/// loopback. A failure of a required step ends the VM, as no user can reach it to repair anything.
/// </summary>
internal sealed partial class BootSequence
{
    /// <summary>
    /// The kernel spares init every signal it has no handler for, but the runtime installs handlers whose last act is to end
    /// the process: seen, a SIGINT to PID 1 was a kernel panic.
    /// </summary>
    private static readonly Signal[] Deaf = [Signal.Hup, Signal.Int, Signal.Quit, Signal.Term, Signal.Pipe];

    private readonly KernelLog _log;
    private readonly KernelArguments _arguments;
    private readonly Modules? _modules;

    private BootSequence(KernelLog log, KernelArguments arguments) =>
        (_log, _arguments, _modules) = (log, arguments, Modules.Find(log));

    public static BootedMachine Run()
    {
        // 1
        StandardFds.MakeValid();
        foreach (var signal in Deaf)
        {
            SignalDispositions.Ignore(signal);
        }

        // 2
        foreach (var step in MountPlan.First)
        {
            Mounting.Carry(step, log: null);
        }

        // The kernel drops most of what a program writes to its log unless told not to; of all settings this one needs the line end.
        Sysctl.Write("kernel/printk_devkmsg", "on\n");
        var log = KernelLog.Kernel("maitred: ");
        var boot = new BootSequence(log, KernelArguments.Parse(Machine.KernelCommandLine() ?? ""));
        try
        {
            boot.RunSteps();
        }
        catch (Exception failure)
        {
            log.Write(LogLevel.Critical, $"the VM cannot start: {failure.Message}");
            throw;
        }

        return new BootedMachine(log, boot._arguments, boot._modules);
    }

    private void RunSteps()
    {
        Machine.SetUmask(UnixFileMode.None);
        if (_modules is not null)
        {
            // 3
            _modules.LoadFirst();
            LogStep("modules");

            // 4
            RootSwitch.Run(_arguments);
            LogStep("root");
        }
        else
        {
            Mounting.Carry(MountPlan.Run, _log);
        }

        // 5
        MountTheRest();
        LogStep("mounts");

        // 6, 7, 8
        SetLimits();
        RegisterForCrashes();
        TakeConsole();
        SetName();
        NetworkInterface.Up("lo");
        LogStep("settings");
    }

    private void MountTheRest()
    {
        foreach (var step in MountPlan.Rest)
        {
            Mounting.Carry(step, _log);
        }

        foreach (var (path, mode) in DirectoryPlan.All)
        {
            Directory.CreateDirectory(path, mode);
        }

        Mounting.Carry(MountPlan.Etc, _log);
    }

    private static void SetLimits()
    {
        Limits.SetOpenFiles(SysctlPlan.OpenFiles, SysctlPlan.OpenFiles);
        Limits.SetLockedMemory(ulong.MaxValue, ulong.MaxValue);
        foreach (var (name, value) in SysctlPlan.All)
        {
            Sysctl.Write(name, value);
        }
    }

    /// <summary>A kernel without core dumps is no reason not to start.</summary>
    private void RegisterForCrashes()
    {
        try
        {
            CorePattern.Register(AgentPaths.CrashCollector, Sysctl.Write);
        }
        catch (LinuxException failure)
        {
            LogNoCrashReports(failure.Message);
        }
    }

    /// <summary>Takes the console, so that no other session gets it as its controlling terminal by opening it.</summary>
    private void TakeConsole()
    {
        try
        {
            Terminal.LeadSession();
            using var console = FdHandle.Standard(0);
            Terminal.TakeControlling(console, steal: true);
        }
        catch (LinuxException failure)
        {
            // A machine without a console, or with a null one, serves all the same.
            LogNoConsole(failure.Message);
        }
    }

    private void SetName()
    {
        var name = _arguments.Hostname is { } vm ? VmHostname.Of(vm) : NameFromFile();
        if (name.Length is > 0 and <= VmHostname.MaxLength)
        {
            Machine.SetHostname(name);
        }
    }

    private static string NameFromFile() =>
        File.Exists("/etc/hostname") ? Hostname.FromFile(File.ReadAllText("/etc/hostname")) : "";

    [LoggerMessage(1001, LogLevel.Information, "boot: {Step} done")]
    private partial void LogStep(string step);

    [LoggerMessage(1002, LogLevel.Warning, "the console is not ours: {Reason}")]
    private partial void LogNoConsole(string reason);

    [LoggerMessage(1004, LogLevel.Warning, "crashes of programs are not reported: {Reason}")]
    private partial void LogNoCrashReports(string reason);
}

/// <summary>The machine as the boot left it.</summary>
/// <param name="Log">The kernel's log.</param>
/// <param name="Arguments">The kernel command line.</param>
/// <param name="Modules">What can still be loaded; null where another init loads modules.</param>
internal sealed record BootedMachine(KernelLog Log, KernelArguments Arguments, Modules? Modules);

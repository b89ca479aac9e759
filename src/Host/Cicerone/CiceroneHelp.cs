using VmTools.Host.CrashStore.Settings;
using VmTools.Host.Daemon;

namespace VmTools.Host.Cicerone;

/// <summary>What vm_cicerone --help prints.</summary>
internal static class CiceroneHelp
{
    public static string Text => new DaemonHelp(CiceroneOptions.Program, "crash.conf", "VMTOOLS_CRASH_CONF")
    {
        Purpose = """
            Has containers made, started and stopped in this user's VMs, and tells what became of them. Takes the crash reports that
            the guests send and keeps them in files; nothing leaves this machine.
            vm_concierge starts it with the first VM; 'vmc container' works with containers, 'vmc crash' reads the reports.
            """,
        Notes = """
            Whether reports are kept at all says 'vmc crash consent on' or 'off', which holds at once.
            The upload hook is given the directory of a report and its id, and the files themselves as fds 3 (.meta), 4 (.dmp)
            and 5 (.proclog). It has no privileges, and root's runs as nobody.
            """,
        Examples = """
              vm_cicerone                                              with what crash.conf says
              vm_cicerone --report_burst=100 --reports_per_hour=100    where programs are made to crash
              vm_cicerone --upload_hook=/usr/local/bin/send-crash      a program of yours takes each report

            crash.conf:
              # at most 8 MiB for each VM
              max_vm_bytes = 8388608
            """,
    }.Describe(CrashSetting.All);
}

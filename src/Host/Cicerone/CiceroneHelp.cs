using VmTools.Host.Crashes.Settings;

namespace VmTools.Host.Cicerone;

/// <summary>What vm_cicerone --help prints.</summary>
internal static class CiceroneHelp
{
    private const string Start = """
        Takes the crash reports that the guests of this user's VMs send and keeps them in files. Nothing leaves this machine.
        vm_concierge starts it with the first VM; 'vmc crash' reads the reports.

        Usage:
          vm_cicerone [--bus=ADDRESS] [--SETTING=VALUE ...]

        Options:
          --bus=ADDRESS          the D-Bus to serve on (default: the user's bus, or vmtools' own)
          --help                 this text

        Settings, here or as lines 'setting = value' in crash.conf; the command line wins:

        """;

    private const string End = """

        crash.conf is $XDG_CONFIG_HOME/vmtools/crash.conf (root: /etc/vmtools/crash.conf), or what VMTOOLS_CRASH_CONF names.
        It is read when the program starts. A mistake in it is an error that names the line.
        Whether reports are kept at all says 'vmc crash consent on' or 'off', which holds at once.
        The upload hook is given the directory of a report and its id, and the files themselves as fds 3 (.meta), 4 (.dmp)
        and 5 (.proclog). It has no privileges, and root's runs as nobody.

        Exit code: 0 after SIGTERM; 1 when the bus has gone or something failed; 2 for a mistake in the settings;
        3 when another vm_cicerone serves this user already.

        Examples:
          vm_cicerone                                              with what crash.conf says
          vm_cicerone --report_burst=100 --reports_per_hour=100    where programs are made to crash
          vm_cicerone --upload_hook=/usr/local/bin/send-crash      a program of yours takes each report

        crash.conf:
          # at most 8 MiB for each VM
          max_vm_bytes = 8388608

        """;

    public static string Text => Start + string.Concat(CrashSetting.All.Select(setting => setting.Describe())) + End;
}

namespace VmTools.Host.Logs.Settings;

/// <summary>What vmlog_forwarder --help prints.</summary>
internal static class ForwarderHelp
{
    private const string Start = """
        Takes the logs that the guests of this user's VMs send and writes each VM's into files of its own.
        vm_concierge starts it with the first VM; 'vmc logs VM' reads the files.

        Usage:
          vmlog_forwarder [--bus=ADDRESS] [--SETTING=VALUE ...]

        Options:
          --bus=ADDRESS          the D-Bus to serve on (default: the user's bus, or vmtools' own)
          --help                 this text

        Settings, here or as lines 'setting = value' in logs.conf; the command line wins:

        """;

    private const string End = """

        logs.conf is $XDG_CONFIG_HOME/vmtools/logs.conf (root: /etc/vmtools/logs.conf), or what VMTOOLS_LOGS_CONF names.
        It is read when the program starts. A mistake in it is an error that names the line.
        The console's files have a size and number of their own; max_vm_bytes and kept_days hold for them too.

        Exit code: 0 after SIGTERM; 1 when the bus has gone or something failed; 2 for a mistake in the settings;
        3 when another vmlog_forwarder serves this user already.

        Examples:
          vmlog_forwarder                                          with what logs.conf says
          vmlog_forwarder --records_per_second=0 --bytes_per_second=0
                                                                   without a limit on what a VM may log
          vmlog_forwarder --max_file_bytes=4194304 --max_vm_bytes=67108864
                                                                   more of each VM
          vmlog_forwarder --file_time=rfc3164                      lines as the original writes them
          vmlog_forwarder --syslog                                 a copy of everything to /dev/log

        logs.conf:
          # the logs of two weeks, at most 64 MiB for each VM
          kept_days = 14
          max_vm_bytes = 67108864

        """;

    public static string Text => Start + string.Concat(LogSetting.All.Select(setting => setting.Describe())) + End;
}

using VmTools.Host.Daemon;

namespace VmTools.Host.LogForwarder.Settings;

/// <summary>What vmlog_forwarder --help prints.</summary>
internal static class ForwarderHelp
{
    public static string Text => new DaemonHelp(ForwarderOptions.Program, "logs.conf", "VMTOOLS_LOGS_CONF")
    {
        Purpose = """
            Takes the logs that the guests of this user's VMs send and writes each VM's into files of its own.
            vm_concierge starts it with the first VM; 'vmc logs VM' reads the files.
            """,
        Notes = "The console's files have a size and number of their own; max_vm_bytes and kept_days hold for them too.",
        Examples = """
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
            """,
    }.Describe(LogSetting.All);
}

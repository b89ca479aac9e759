using System.CommandLine;
using VmTools.Host.Vmc.Cli;

namespace VmTools.Host.Vmc.Daemon;

/// <summary>
/// <c>vmc daemon</c>: the daemon that keeps the VMs, which is started by the first command that needs it and need not be looked after.
/// </summary>
internal static class DaemonVerb
{
    public static Command Build(VmcContext context)
    {
        var verb = new VerbCommand("daemon", "Shows, stops and restarts vm_concierge, the daemon behind vmc.")
        {
            Examples =
            [
                new("vmc daemon status", "where it runs, and with which directories"),
                new("VMTOOLS_IMAGE_DIR=out/image vmc daemon restart", "with another image; VMs live on"),
                new("vmc daemon stop", "VMs live on, and the next vmc takes them back"),
            ],
        };
        verb.Add(DaemonStatusVerb.Build(context));
        verb.Add(DaemonStopVerb.BuildStop(context));
        verb.Add(DaemonStopVerb.BuildRestart(context));
        return verb;
    }
}

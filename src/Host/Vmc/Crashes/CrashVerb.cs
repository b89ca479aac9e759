using System.CommandLine;
using VmTools.Host.Vmc.Cli;

namespace VmTools.Host.Vmc.Crashes;

/// <summary><c>vmc crash</c>: what died in VMs. The files are the caller's own, so no daemon is needed for any of it.</summary>
internal static class CrashVerb
{
    public static Command Build(VmcContext context)
    {
        var verb = new VerbCommand("crash", "Shows what crashed in your VMs: programs, services and kernels.")
        {
            Examples =
            [
                new("vmc crash list", "all that crashed, the last at the end"),
                new("vmc crash show latest", "what, where and why"),
                new("vmc crash consent off", "keep no reports"),
            ],
        };
        verb.Add(CrashListVerb.Build(context));
        verb.Add(CrashShowVerb.Build(context));
        verb.Add(CrashExportVerb.Build(context));
        verb.Add(CrashRemoveVerb.Build(context));
        verb.Add(CrashConsentVerb.Build(context));
        return verb;
    }
}

using System.CommandLine;
using VmTools.Host.Vmc.Cli;

namespace VmTools.Host.Vmc.Disks;

/// <summary><c>vmc disk</c>: the disks that VMs keep between their runs.</summary>
internal static class DiskVerb
{
    public static Command Build(VmcContext context)
    {
        var verb = new VerbCommand("disk", "Creates, destroys and lists the disks of VMs.")
        {
            Examples = [new("vmc disk create demo --size 10G", "a disk for a VM to come"), new("vmc disk list", "all of yours")],
        };
        verb.Add(DiskCreateVerb.Build(context));
        verb.Add(DiskDestroyVerb.Build(context));
        verb.Add(DiskListVerb.Build(context));
        return verb;
    }
}

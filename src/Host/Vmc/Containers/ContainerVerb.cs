using System.CommandLine;
using VmTools.Host.Vmc.Cli;

namespace VmTools.Host.Vmc.Containers;

/// <summary><c>vmc container</c>: Linux systems of their own inside a VM.</summary>
internal static class ContainerVerb
{
    public static Command Build(VmcContext context)
    {
        var verb = new VerbCommand("container", "Makes, starts, stops and deletes containers in a VM.")
        {
            Examples =
            [
                new("vmc container create demo", "a container in the VM demo, which is started if need be"),
                new("vmc container shell demo", "open a shell in it, as 'vsh demo penguin' does"),
                new("vmc container list demo", "all containers of the VM"),
            ],
        };
        verb.Add(ContainerCreateVerb.Build(context));
        verb.Add(ContainerStartVerb.Build(context));
        verb.Add(ContainerStopVerb.Build(context));
        verb.Add(ContainerDeleteVerb.Build(context));
        verb.Add(ContainerListVerb.Build(context));
        verb.Add(ContainerInfoVerb.Build(context));
        verb.Add(ContainerLogsVerb.Build(context));
        verb.Add(ContainerShellVerb.Build(context));
        verb.Add(ContainerExecVerb.Build(context));
        return verb;
    }
}

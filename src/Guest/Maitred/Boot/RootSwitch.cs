using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Linux.Mounting;

namespace VmTools.Guest.Maitred.Boot;

/// <summary>
/// From the initramfs to the read-only root file system, without executing anything again: what PID 1 runs from is bound into
/// the new root, so that its libraries and vshd are found where they were.
/// </summary>
internal static class RootSwitch
{
    public const string RootDevice = "/dev/vda";

    /// <summary>The directory in the new root that has the modules that can wait.</summary>
    public const string ModulesAfterwards = "/run/vmtools/modules";

    private const string NewRoot = "/newroot";

    public static void Run(KernelArguments arguments)
    {
        DirectoryPath.Make(NewRoot, FileModes.AllMayLook);
        Mounts.Mount(RootDevice, NewRoot, arguments.RootType, MountFlags.ReadOnly, null);
        Mounts.Mount(AgentPaths.Directory, NewRoot + AgentPaths.Directory, "none", MountFlags.Bind, null);
        Mounting.Carry(MountPlan.Run with { Target = NewRoot + MountPlan.Run.Target }, log: null);
        DirectoryPath.Make(NewRoot + ModulesAfterwards, FileModes.AllMayLook);
        Mounts.Mount(Modules.InitramfsDirectory, NewRoot + ModulesAfterwards, "none", MountFlags.Bind, null);
        foreach (var step in MountPlan.First)
        {
            Mounts.Mount(step.Target, NewRoot + step.Target, "none", MountFlags.Move, null);
        }

        Mounts.SwitchRoot(NewRoot);
    }
}

using VmTools.Linux;
using VmTools.Linux.Accounts;
using VmTools.Linux.Files;

namespace VmTools.Guest.Tremplin.HostDoor;

/// <summary>
/// The directories of containers' doors. A container mounts its own as an ordinary user of the VM, which must get through to it, and others
/// must not.
/// </summary>
internal sealed class DoorDirectories(TremplinPaths paths)
{
    private const UnixFileMode AllMayPass = FileModes.GroupMayPass | UnixFileMode.OtherExecute;

    /// <exception cref="IOException">It cannot be made.</exception>
    public void Make(ContainerRecord container)
    {
        var frame = paths.DoorFrame(container.Name);
        Make(paths.Doors, AllMayPass);
        Make(frame, FileModes.GroupMayPass);
        Ownership.Give(frame, Users.EffectiveId, container.Ids.First);
        Make(paths.Door(container.Name), FileModes.AllMayLook);
    }

    public void Remove(ContainerName name)
    {
        if (Directory.Exists(paths.DoorFrame(name)))
        {
            Directory.Delete(paths.DoorFrame(name), recursive: true);
        }
    }

    private static void Make(string path, UnixFileMode mode)
    {
        Directory.CreateDirectory(path);
        File.SetUnixFileMode(path, mode);
    }
}

using System.Globalization;
using VmTools.Linux;
using VmTools.Linux.Mounting;

namespace VmTools.Guest.Tremplin.Storage;

/// <summary>
/// The mounts below a running container: its image with ids shifted into the container's range, and over it an overlay that takes what is
/// written. Only the image is shifted: what the container writes belongs to its range on the disk, too.
/// </summary>
internal sealed class ContainerMounts(TremplinPaths paths, ToolRun tools)
{
    /// <summary>An emulated VM on a busy machine takes its time.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public async Task MountAsync(ContainerRecord container, CancellationToken cancel)
    {
        var name = container.Name;
        Directory.CreateDirectory(paths.Lower(name));
        var map = string.Create(CultureInfo.InvariantCulture, $"X-mount.idmap=b:0:{container.Ids.First}:{UidRange.Size}");
        await tools.SucceedAsync(MountCommand(paths, container.Image, paths.Lower(name), map), Limit, cancel);
        Mounts.Mount(
            "overlay",
            paths.Root(name),
            "overlay",
            MountFlags.NoDev,
            $"lowerdir={paths.Lower(name)},upperdir={paths.Of(name)}/upper,workdir={paths.Of(name)}/work");
    }

    /// <summary>All mounts of one container, the last first; those that are not there are none.</summary>
    public void Unmount(ContainerName name)
    {
        Unmount(paths.Root(name));
        Unmount(paths.Lower(name));
    }

    /// <summary>Mounts of containers other than these, which a kill has left.</summary>
    public void UnmountOthers(IReadOnlySet<ContainerName> keep)
    {
        foreach (var target in Strays(Mounts.Read().Select(mount => mount.Target), paths, keep))
        {
            Unmount(target);
        }
    }

    /// <summary>
    /// The command that mounts an image: a directory that was unpacked, or a file, for which mount(8) makes the loop device, which goes
    /// with the mount.
    /// </summary>
    /// <param name="paths">Where images lie.</param>
    /// <param name="image">Which.</param>
    /// <param name="place">Where it is to be seen.</param>
    /// <param name="options">Of mount(8): the ids that it is to have there by X-mount.idmap, and what else is wanted.</param>
    public static IReadOnlyList<string> MountCommand(TremplinPaths paths, Guid image, string place, string options) =>
        Directory.Exists(paths.Tree(image))
            ? ["mount", "--bind", "-o", $"ro,nodev,{options}", paths.Tree(image), place]
            : ["mount", "-t", "erofs", "-o", $"ro,nodev,loop,{options}", paths.Image(image), place];

    /// <summary>The last mounted first.</summary>
    public static IEnumerable<string> Strays(IEnumerable<string> targets, TremplinPaths paths, IReadOnlySet<ContainerName> keep)
    {
        var kept = keep.SelectMany(name => new[] { paths.Root(name), paths.Lower(name) }).ToHashSet(StringComparer.Ordinal);
        return targets.Where(target =>
            !kept.Contains(target)
            && (target.StartsWith(paths.State + "/", StringComparison.Ordinal)
                || target.StartsWith(paths.Runtime + "/", StringComparison.Ordinal)))
            .Reverse();
    }

    /// <summary>A process that is being killed may hold it for a moment longer: the mount is detached and goes with it.</summary>
    private static void Unmount(string target)
    {
        try
        {
            Mounts.Unmount(target, UnmountFlags.NoFollow);
        }
        catch (LinuxException none) when (none.Errno is Errno.EINVAL or Errno.ENOENT)
        {
            // Not mounted.
        }
        catch (LinuxException busy) when (busy.Errno == Errno.EBUSY)
        {
            Mounts.Unmount(target, UnmountFlags.Detach | UnmountFlags.NoFollow);
        }
    }
}

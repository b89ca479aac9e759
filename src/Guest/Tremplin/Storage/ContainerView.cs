using System.Globalization;
using VmTools.Linux;
using VmTools.Linux.Mounting;

namespace VmTools.Guest.Tremplin.Storage;

/// <summary>
/// The files of a container that is not running upon them, as it sees them itself: the image with what was written over it, and ids from 0.
/// They cannot be written here.
/// </summary>
internal sealed class ContainerView : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private ContainerView(string place) => Place = place;

    /// <summary>The directory above <see cref="Root"/>, for files that go beside it.</summary>
    public string Place { get; }

    public string Root => $"{Place}/rootfs";

    private string Image => $"{Place}/image";

    private string Upper => $"{Place}/upper";

    /// <param name="container">Whose image and ids they are.</param>
    /// <param name="upper">What was written.</param>
    /// <param name="paths">Where images lie.</param>
    /// <param name="tools">For mount(8).</param>
    /// <param name="cancel">Gives it up.</param>
    public static async Task<ContainerView> MountAsync(
        ContainerRecord container, string upper, TremplinPaths paths, ToolRun tools, CancellationToken cancel)
    {
        var view = new ContainerView(paths.View());
        try
        {
            Directory.CreateDirectory(view.Place, FileModes.OwnerDoesAll);
            Directory.CreateDirectory(view.Root);
            Directory.CreateDirectory(view.Image);
            Directory.CreateDirectory(view.Upper);
            var tree = paths.Tree(container.Image);
            var isTree = Directory.Exists(tree);
            if (!isTree)
            {
                await tools.SucceedAsync(
                    ["mount", "-t", "erofs", "-o", "ro,nodev,nosuid,loop", paths.Image(container.Image), view.Image], Limit, cancel);
            }

            await tools.SucceedAsync(Shifted(upper, view.Upper, container.Ids.First, 0), Limit, cancel);
            Mounts.Mount(
                "overlay", view.Root, "overlay",
                MountFlags.ReadOnly | MountFlags.NoDev | MountFlags.NoSuid, $"lowerdir={view.Upper}:{(isTree ? tree : view.Image)}");
            return view;
        }
        catch
        {
            view.Dispose();
            throw;
        }
    }

    /// <summary>Shows a directory at another place with its range of ids as another range (X-mount.idmap of mount(8)).</summary>
    public static IReadOnlyList<string> Shifted(string directory, string place, uint from, uint to)
    {
        var map = string.Create(CultureInfo.InvariantCulture, $"b:{from}:{to}:{UidRange.Size}");
        return ["mount", "--bind", "-o", $"X-mount.idmap={map}", directory, place];
    }

    /// <summary>Removes what a former tremplin has left; its mounts are undone already.</summary>
    public static void ClearFormer(TremplinPaths paths)
    {
        foreach (var place in Directory.GetDirectories(paths.Runtime, TremplinPaths.Views))
        {
            new ContainerView(place).Dispose();
        }
    }

    /// <summary>Undoes the mounts. Only empty directories are removed, so that no file of the container ever is.</summary>
    public void Dispose()
    {
        foreach (var directory in new[] { Root, Upper, Image })
        {
            ContainerMounts.Unmount(directory);
            if (Directory.Exists(directory))
            {
                Directory.Delete(directory);
            }
        }

        foreach (var file in Directory.Exists(Place) ? Directory.GetFiles(Place) : [])
        {
            File.Delete(file);
        }

        if (Directory.Exists(Place))
        {
            Directory.Delete(Place);
        }
    }
}

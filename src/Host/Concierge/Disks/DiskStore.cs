using VmTools.Host.Instance;
using VmTools.Host.Vms;
using VmTools.Linux;
using VmTools.Linux.Files;

namespace VmTools.Host.Concierge.Disks;

/// <summary>
/// The disk images: <c>STATE/OWNER/NAME.img</c>, the name as base64url. What is being made has another extension until it is
/// whole, so an image is either there or not.
/// </summary>
internal sealed class DiskStore(InstanceDirectories directories)
{
    public const string Extension = ".img";

    /// <summary>An image that is not finished has it; those that a former vm_concierge left are cleared at the start.</summary>
    private const string UnfinishedExtension = ".unfinished";

    /// <summary>Stands beside an image that a start has made and whose VM has not run yet.</summary>
    private const string NewExtension = Extension + ".new";

    public string PathOf(VmId id) => Path.Combine(DirectoryOf(id.Owner), id.Name.FileName + Extension);

    /// <summary>The name is without its padding: mkfs.ext4 and tune2fs take a name with '=' for an option.</summary>
    public string UnfinishedPathOf(VmId id) => Path.Combine(DirectoryOf(id.Owner), id.Name.FileName.TrimEnd('=') + UnfinishedExtension);

    public void EnsureDirectory(OwnerId owner) => Directory.CreateDirectory(
        DirectoryOf(owner),
        FileModes.GroupMayLook);

    public bool Exists(VmId id) => DiskUsage.IsPlainFile(PathOf(id));

    public void Delete(VmId id) => File.Delete(PathOf(id));

    public void MarkNew(VmId id)
    {
        EnsureDirectory(id.Owner);
        using var mark = FdHandle.OpenOrMake(MarkOf(id), OpenFlags.WriteOnly);
    }

    public void ForgetNew(VmId id) => File.Delete(MarkOf(id));

    /// <summary>The image goes first: what is interrupted in between is found by its mark.</summary>
    public void DeleteIfNew(VmId id)
    {
        if (DiskUsage.IsPlainFile(MarkOf(id)))
        {
            Delete(id);
            ForgetNew(id);
        }
    }

    public DriveRoom RoomOf(OwnerId owner) =>
        new DriveInfo(DirectoryOf(owner)) is var drive ? new DriveRoom(drive.TotalSize, drive.AvailableFreeSpace) : default;

    /// <summary>The disks of one owner, by name, or the one disk of one VM.</summary>
    public IReadOnlyList<DiskImage> List(OwnerId owner, VmName? only)
    {
        var files = Directory.Exists(DirectoryOf(owner)) ? Directory.EnumerateFiles(DirectoryOf(owner), "*" + Extension) : [];
        return
        [
            .. files.Select(TryDescribe).OfType<DiskImage>().Where(disk => only is null || disk.Name == only)
                .OrderBy(disk => disk.Name.Value, StringComparer.Ordinal),
        ];
    }

    /// <summary>Removes what an interrupted operation left behind.</summary>
    public void ClearUnfinished()
    {
        if (!Directory.Exists(directories.State))
        {
            return;
        }

        var owners = Directory.EnumerateDirectories(directories.State).Where(path => OwnerId.TryParse(Path.GetFileName(path), out _));
        foreach (var owner in owners)
        {
            foreach (var left in Directory.EnumerateFiles(owner, "*" + UnfinishedExtension))
            {
                File.Delete(left);
            }

            foreach (var mark in Directory.EnumerateFiles(owner, "*" + NewExtension))
            {
                File.Delete(mark[..^(NewExtension.Length - Extension.Length)]);
                File.Delete(mark);
            }
        }
    }

    private string MarkOf(VmId id) => Path.Combine(DirectoryOf(id.Owner), id.Name.FileName + NewExtension);

    private string DirectoryOf(OwnerId owner) => Path.Combine(directories.State, owner.Value);

    /// <summary>Null for a file whose name is not one of ours, and for one that goes away while we look.</summary>
    private static DiskImage? TryDescribe(string path)
    {
        if (!VmName.TryFromFileName(Path.GetFileNameWithoutExtension(path), out var name) || !DiskUsage.IsPlainFile(path))
        {
            return null;
        }

        try
        {
            return new DiskImage(name, path)
            {
                AllocatedBytes = DiskUsage.AllocatedBytes(path),
                HasUserChosenSize = DiskAttributes.HasUserChosenSize(path),
                Type = DiskAttributes.TypeOf(path),
            };
        }
        catch (LinuxException gone) when (gone.Errno == Errno.ENOENT)
        {
            return null;
        }
    }
}

/// <summary>A disk that exists.</summary>
internal sealed record DiskImage(VmName Name, string Path)
{
    /// <summary>What it takes of the host's disk, not how large the guest sees it.</summary>
    public required long AllocatedBytes { get; init; }

    public required bool HasUserChosenSize { get; init; }

    /// <summary>Null where it is not noted on the image.</summary>
    public VmType? Type { get; init; }
}

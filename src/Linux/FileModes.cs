namespace VmTools.Linux;

/// <summary>The permissions of files and directories (chmod(1)), named by what they allow.</summary>
public static class FileModes
{
    /// <summary>0600: the owner reads and writes. For files and sockets.</summary>
    public const UnixFileMode OwnerReadsAndWrites = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>0700: the owner does everything. For directories, which are entered by the execute bit.</summary>
    public const UnixFileMode OwnerDoesAll = OwnerReadsAndWrites | UnixFileMode.UserExecute;

    /// <summary>0640: the owner reads and writes, the group reads. For logs that administrators read.</summary>
    public const UnixFileMode GroupMayRead = OwnerReadsAndWrites | UnixFileMode.GroupRead;

    /// <summary>0750: the owner does everything, the group enters and lists. For directories.</summary>
    public const UnixFileMode GroupMayLook = OwnerDoesAll | UnixFileMode.GroupRead | UnixFileMode.GroupExecute;

    /// <summary>0710: the owner does everything, the group passes through. For directories.</summary>
    public const UnixFileMode GroupMayPass = OwnerDoesAll | UnixFileMode.GroupExecute;

    /// <summary>0644: the owner writes, everybody reads.</summary>
    public const UnixFileMode AllMayRead = GroupMayRead | UnixFileMode.OtherRead;

    /// <summary>0666: everybody reads and writes. For sockets and devices that every program may use.</summary>
    public const UnixFileMode AllMayWrite = AllMayRead | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <summary>0755: the owner does everything, everybody enters and lists. For directories.</summary>
    public const UnixFileMode AllMayLook = GroupMayLook | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>01777: everybody makes files and removes only their own, as in /tmp.</summary>
    public const UnixFileMode SharedByAll = OwnerDoesAll | AllOfGroupAndOthers | UnixFileMode.StickyBit;

    /// <summary>0111: a file with any of these bits is a program to somebody.</summary>
    public const UnixFileMode AnybodyExecutes = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>0077: what a umask takes away so that a new file is its owner's alone (umask(2)).</summary>
    public const UnixFileMode AllOfGroupAndOthers =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
}

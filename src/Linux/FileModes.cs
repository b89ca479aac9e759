namespace VmTools.Linux;

/// <summary>The permissions of files and directories (chmod(1)), named by what they allow.</summary>
public static class FileModes
{
    /// <summary>0600: the owner reads and writes. For files and sockets.</summary>
    public const UnixFileMode OwnerReadsAndWrites = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>0700: the owner does everything. For directories, which are entered by the execute bit.</summary>
    public const UnixFileMode OwnerDoesAll = OwnerReadsAndWrites | UnixFileMode.UserExecute;

    /// <summary>0077: what a umask takes away so that a new file is its owner's alone (umask(2)).</summary>
    public const UnixFileMode AllOfGroupAndOthers =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
}

namespace VmTools.Linux.Rights;

/// <summary>What Landlock decides about files (landlock(7)); the kernel's bits, in the order in which its versions brought them.</summary>
[Flags]
public enum LandlockAccess : ulong
{
    None = 0,
    Execute = 1 << 0,
    WriteFile = 1 << 1,
    ReadFile = 1 << 2,
    ReadDirectory = 1 << 3,
    RemoveDirectory = 1 << 4,
    RemoveFile = 1 << 5,
    MakeCharacterDevice = 1 << 6,
    MakeDirectory = 1 << 7,
    MakeFile = 1 << 8,
    MakeSocket = 1 << 9,
    MakeFifo = 1 << 10,
    MakeBlockDevice = 1 << 11,
    MakeSymbolicLink = 1 << 12,

    /// <summary>Since version 2: a link or rename from one directory to another; before it every one is refused.</summary>
    Refer = 1 << 13,

    /// <summary>Since version 3.</summary>
    Truncate = 1 << 14,

    /// <summary>Since version 5: ioctl(2) on devices that are opened later.</summary>
    DeviceControl = 1 << 15,

    /// <summary>To look at files and directories.</summary>
    Read = ReadFile | ReadDirectory,

    /// <summary>To do with a directory of one's own what programs do: no devices, nothing is executed.</summary>
    Own = Read | WriteFile | RemoveDirectory | RemoveFile | MakeDirectory | MakeFile | MakeSocket | MakeFifo | MakeSymbolicLink
        | Refer | Truncate,

    /// <summary>What means something for a file that is no directory.</summary>
    OfFiles = Execute | WriteFile | ReadFile | Truncate | DeviceControl,
}

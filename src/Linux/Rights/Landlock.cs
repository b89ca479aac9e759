using VmTools.Linux.Libc;

namespace VmTools.Linux.Rights;

/// <summary>
/// The part of Landlock (landlock(7)) that this kernel has. A restricted thread, and all that it starts, reaches only the files it is
/// allowed, for good; no rights are needed for it.
/// </summary>
public static class Landlock
{
    private const int WithRefer = 2;
    private const int WithTruncate = 3;
    private const int WithNetwork = 4;
    private const int WithDeviceControl = 5;
    private const int WithScopes = 6;

    /// <summary>The version of the kernel's interface; zero where there is none, with the reason.</summary>
    public static (int Version, Errno Reason) Ask()
    {
        var version = Native.Call(Native.CallLandlockCreateRuleset, 0, 0, Native.LandlockVersion);
        return version > 0 ? ((int)version, Errno.None) : (0, version == 0 ? Errno.ENOSYS : Syscall.LastError);
    }

    public static bool HasNetwork(int version) => version >= WithNetwork;

    public static bool HasScopes(int version) => version >= WithScopes;

    /// <summary>Every right about files that a version knows: what is not among them it does not decide about.</summary>
    internal static LandlockAccess FileAccess(int version)
    {
        var known = LandlockAccess.Execute | LandlockAccess.WriteFile | LandlockAccess.Read | LandlockAccess.RemoveDirectory
            | LandlockAccess.RemoveFile | LandlockAccess.MakeCharacterDevice | LandlockAccess.MakeDirectory | LandlockAccess.MakeFile
            | LandlockAccess.MakeSocket | LandlockAccess.MakeFifo | LandlockAccess.MakeBlockDevice | LandlockAccess.MakeSymbolicLink;
        return known
            | (version >= WithRefer ? LandlockAccess.Refer : 0)
            | (version >= WithTruncate ? LandlockAccess.Truncate : 0)
            | (version >= WithDeviceControl ? LandlockAccess.DeviceControl : 0);
    }
}

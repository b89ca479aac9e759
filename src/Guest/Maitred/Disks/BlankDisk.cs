using VmTools.Linux;
using VmTools.Linux.Files;

namespace VmTools.Guest.Maitred.Disks;

/// <summary>
/// Tells whether a disk was never written: all of it reads as zeroes. What lies behind the first sectors may be all that there is of a
/// user's data, so a disk that cannot be read to its end in time is not taken for blank.
/// </summary>
internal static class BlankDisk
{
    private static readonly TimeSpan LongestScan = TimeSpan.FromSeconds(20);

    public static bool IsBlank(string path)
    {
        try
        {
            using var disk = FdHandle.Open(path, OpenFlags.ReadOnly | OpenFlags.NonBlocking);
            return BlankScan.Of(disk, LongestScan, TimeProvider.System, CancellationToken.None).Verdict == BlankVerdict.Blank;
        }
        catch (LinuxException)
        {
            return false;
        }
    }
}

using System.Text;
using VmTools.Linux;

namespace VmTools.Guest.CrashCollector.Facts;

/// <summary>Reads below /proc that end: each has a limit, and what is gone or not ours is empty.</summary>
internal static class ProcFiles
{
    private const int FirstBytes = 4096;

    public static byte[] Read(string path, int limit)
    {
        try
        {
            using var file = FdHandle.Open(path, OpenFlags.ReadOnly | OpenFlags.NonBlocking | OpenFlags.NoFollow);
            return Read(file, limit);
        }
        catch (LinuxException)
        {
            return [];
        }
    }

    /// <summary>What the file gives until its end, the limit or an error; a file of /proc gives no more than a page at a time.</summary>
    public static byte[] Read(FdHandle file, int limit)
    {
        var bytes = new byte[Math.Min(FirstBytes, limit)];
        var length = 0;
        while (Fd.TryRead(file, bytes.AsSpan(length), out var count) == Errno.None && count > 0)
        {
            length += count;
            if (length == limit)
            {
                break;
            }

            if (length == bytes.Length)
            {
                Array.Resize(ref bytes, (int)Math.Min(bytes.Length * 2L, limit));
            }
        }

        return bytes[..length];
    }

    public static string ReadText(string path, int limit) => Encoding.UTF8.GetString(Read(path, limit));

    /// <summary>The target of a link; empty where it cannot be read.</summary>
    public static string ReadLink(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget ?? "";
        }
        catch (Exception unknown) when (unknown is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}

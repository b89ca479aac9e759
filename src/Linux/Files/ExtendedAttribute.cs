using VmTools.Linux.Libc;

namespace VmTools.Linux.Files;

/// <summary>A named value beside a file's content (xattr(7)). Not every file system has them, so both ways may be refused.</summary>
public static class ExtendedAttribute
{
    private const int MaxLength = 256;

    public static unsafe Errno TrySet(string path, string name, ReadOnlySpan<byte> value)
    {
        // SAFETY: the span is pinned for the call and its own length is the limit.
        fixed (byte* start = value)
        {
            return Syscall.Outcome(Native.SetAttribute(path, name, start, (nuint)value.Length, 0));
        }
    }

    /// <summary>Null where the file has no such attribute, one longer than 256 bytes, or cannot be asked.</summary>
    public static unsafe byte[]? TryGet(string path, string name)
    {
        // SAFETY: the kernel writes at most MaxLength bytes.
        var value = stackalloc byte[MaxLength];
        var length = Native.GetAttribute(path, name, value, MaxLength);
        return length < 0 ? null : new ReadOnlySpan<byte>(value, (int)length).ToArray();
    }
}

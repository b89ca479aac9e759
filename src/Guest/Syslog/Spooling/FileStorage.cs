using Microsoft.Win32.SafeHandles;

namespace VmTools.Guest.Syslog.Spooling;

/// <summary>A file that is as long as it has to be and empty while nothing is spooled.</summary>
internal sealed class FileStorage(SafeFileHandle file, long capacity) : IRingStorage
{
    public long Capacity => capacity;

    /// <summary>A new file in place of what a former run may have left.</summary>
    public static FileStorage Create(string path, long capacity)
    {
        File.Delete(path);
        return new FileStorage(File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite), capacity);
    }

    public bool TryWrite(long offset, ReadOnlySpan<byte> bytes)
    {
        try
        {
            RandomAccess.Write(file, bytes, offset);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    public bool TryRead(long offset, Span<byte> bytes)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                var count = RandomAccess.Read(file, bytes, offset);
                if (count == 0)
                {
                    return false;
                }

                bytes = bytes[count..];
                offset += count;
            }

            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    public void Clear()
    {
        try
        {
            RandomAccess.SetLength(file, 0);
        }
        catch (IOException)
        {
            // Its bytes are not read again; that the file stays long costs room and nothing else.
        }
    }

    public void Dispose() => file.Dispose();
}

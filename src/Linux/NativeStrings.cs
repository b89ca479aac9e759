using System.Runtime.InteropServices;

namespace VmTools.Linux;

/// <summary>Strings as C has them for argv and envp: UTF-8, zero-terminated, and so is the array.</summary>
internal sealed unsafe class NativeStrings : IDisposable
{
    private readonly int _count;

    public NativeStrings(IReadOnlyList<string> strings)
    {
        foreach (var one in strings)
        {
            if (one.Contains('\0', StringComparison.Ordinal))
            {
                throw new ArgumentException("A program's argument or environment cannot hold a zero character.", nameof(strings));
            }
        }

        _count = strings.Count;
        Array = (byte**)NativeMemory.AllocZeroed((nuint)_count + 1, (nuint)sizeof(byte*));
        for (var i = 0; i < _count; i++)
        {
            Array[i] = (byte*)Marshal.StringToCoTaskMemUTF8(strings[i]);
        }
    }

    public byte** Array { get; private set; }

    public void Dispose()
    {
        if (Array is null)
        {
            return;
        }

        for (var i = 0; i < _count; i++)
        {
            Marshal.FreeCoTaskMem((nint)Array[i]);
        }

        NativeMemory.Free(Array);
        Array = null;
    }
}

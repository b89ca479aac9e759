using System.Buffers.Binary;

namespace VmTools.Crash.Cores;

/// <summary>What the kernel told the program at its start: pairs of a type and a value (getauxval(3)).</summary>
internal static class AuxiliaryVector
{
    /// <summary>Where the program itself begins to run: in which file that is tells which one it is.</summary>
    public const ulong Entry = 9;

    /// <summary>Random bytes on the stack; above them are the arguments and the environment.</summary>
    public const ulong Random = 25;

    /// <summary>Where the kernel's own library, the vDSO, is.</summary>
    public const ulong KernelLibrary = 33;

    /// <summary>0 when the vector has no such entry.</summary>
    public static ulong Find(ReadOnlySpan<byte> vector, ulong type, bool is64)
    {
        var size = is64 ? 16 : 8;
        for (; vector.Length >= size; vector = vector[size..])
        {
            var (found, value) = is64
                ? (BinaryPrimitives.ReadUInt64LittleEndian(vector), BinaryPrimitives.ReadUInt64LittleEndian(vector[8..]))
                : (BinaryPrimitives.ReadUInt32LittleEndian(vector), BinaryPrimitives.ReadUInt32LittleEndian(vector[4..]));
            if (found == type)
            {
                return value;
            }
        }

        return 0;
    }
}

using System.Buffers.Binary;

namespace VmTools.Crash;

/// <summary>Where a structure has a register: a little-endian number of 2, 4 or 8 bytes.</summary>
internal readonly record struct RegisterField(string Name, int Offset, int Size)
{
    public int End => Offset + Size;

    /// <summary>The structure must reach to <see cref="End"/>.</summary>
    public ulong Read(ReadOnlySpan<byte> structure)
    {
        var at = structure[Offset..];
        return Size switch
        {
            2 => BinaryPrimitives.ReadUInt16LittleEndian(at),
            4 => BinaryPrimitives.ReadUInt32LittleEndian(at),
            _ => BinaryPrimitives.ReadUInt64LittleEndian(at),
        };
    }

    /// <summary>Bits that the field has no room for are dropped.</summary>
    public void Write(Span<byte> structure, ulong value)
    {
        var at = structure[Offset..];
        switch (Size)
        {
            case 2:
                BinaryPrimitives.WriteUInt16LittleEndian(at, (ushort)value);
                break;
            case 4:
                BinaryPrimitives.WriteUInt32LittleEndian(at, (uint)value);
                break;
            default:
                BinaryPrimitives.WriteUInt64LittleEndian(at, value);
                break;
        }
    }

    /// <summary>Fields of one size that follow each other.</summary>
    public static RegisterField[] Row(int offset, int size, params ReadOnlySpan<string> names)
    {
        var fields = new RegisterField[names.Length];
        for (var i = 0; i < names.Length; i++)
        {
            fields[i] = new RegisterField(names[i], offset + (i * size), size);
        }

        return fields;
    }
}

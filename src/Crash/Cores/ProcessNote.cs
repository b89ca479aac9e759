using System.Buffers.Binary;
using System.Text;

namespace VmTools.Crash.Cores;

/// <summary>NT_PRPSINFO: the process in a few words (struct elf_prpsinfo of linux/elfcore.h).</summary>
internal sealed record ProcessNote(int Pid, int ParentPid, uint Uid, uint Gid, string Name, string Arguments)
{
    private const int NameLength = 16;
    private const int ArgumentsLength = 80;

    public static bool TryRead(ReadOnlySpan<byte> note, bool is64, out ProcessNote? process)
    {
        process = null;
        var pidAt = is64 ? 24 : 12;
        var nameAt = pidAt + 16;
        if (note.Length < nameAt + NameLength + ArgumentsLength)
        {
            return false;
        }

        process = new ProcessNote(
            BinaryPrimitives.ReadInt32LittleEndian(note[pidAt..]),
            BinaryPrimitives.ReadInt32LittleEndian(note[(pidAt + 4)..]),
            is64 ? BinaryPrimitives.ReadUInt32LittleEndian(note[16..]) : BinaryPrimitives.ReadUInt16LittleEndian(note[8..]),
            is64 ? BinaryPrimitives.ReadUInt32LittleEndian(note[20..]) : BinaryPrimitives.ReadUInt16LittleEndian(note[10..]),
            Text(note.Slice(nameAt, NameLength)),
            Text(note.Slice(nameAt + NameLength, ArgumentsLength)));
        return true;
    }

    private static string Text(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? field : field[..end]);
    }
}

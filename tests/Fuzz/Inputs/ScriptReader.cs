using System.Buffers.Binary;
using System.Text;

namespace VmTools.Fuzz.Inputs;

/// <summary>Reads an input as what to do, one thing after the other. What is missing at the end is 0 or empty.</summary>
internal ref struct ScriptReader(ReadOnlySpan<byte> script)
{
    private ReadOnlySpan<byte> _rest = script;

    public readonly bool IsEnd => _rest.IsEmpty;

    public byte Byte() => Take(1) is [var value] ? value : (byte)0;

    /// <summary>Bytes behind their length, which is two bytes.</summary>
    public ReadOnlySpan<byte> Bytes()
    {
        var length = Take(sizeof(ushort));
        return Take(length.Length == sizeof(ushort) ? BinaryPrimitives.ReadUInt16LittleEndian(length) : 0);
    }

    public string Text(int length) => Encoding.Latin1.GetString(Take(length));

    private ReadOnlySpan<byte> Take(int count)
    {
        var taken = _rest[..Math.Min(count, _rest.Length)];
        _rest = _rest[taken.Length..];
        return taken;
    }
}
